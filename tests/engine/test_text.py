"""Word lists find what people write, and nothing else."""

import pytest

from rules.engine.errors import RuleErrors
from rules.engine.text import ALLOW, BLOCK, WARN, Entry, compile_lexicon


def found(text, *deny, allow=(), **how):
    entries = [Entry(word) for word in deny] + [Entry(phrase, action=ALLOW) for phrase in allow]
    return [span.original for span in compile_lexicon(entries, **how).find(text)]


def test_an_allow_phrase_hides_the_word_inside_it_and_only_there():
    lexicon = compile_lexicon([Entry("黄片"), Entry("三黄片", action=ALLOW)])
    [span] = lexicon.find("三黄片黄片")
    assert (span.start, span.end, span.original) == (3, 5, "黄片")


@pytest.mark.parametrize(
    ("deny", "allow", "text"),
    [("共产", "共产党", "共产党是白名单"), ("口交", "路口交通", "路口交通已恢复")],
)
def test_a_word_inside_an_allow_phrase_is_not_found(deny, allow, text):
    assert found(text, deny) == [deny]
    assert found(text, deny, allow=[allow]) == []


def test_separators_and_zero_width_marks_between_chinese_characters_do_not_hide_a_word():
    text = "ｗei信、微 信、微-信、微\u200b信、V信"
    assert found(text, "微信") == ["微 信", "微-信", "微\u200b信"]
    assert found(text, "微信", "wei信", "v信") == ["ｗei信", "微 信", "微-信", "微\u200b信", "V信"]


def test_latin_words_match_whole():
    assert found("I have a nice day", "av") == []
    assert found("an AV, a savvy av.", "av") == ["AV", "av"]
    assert found("看av片", "av") == ["av"]
    assert found("order 1234", "123") == []


def test_traditional_characters_are_found_and_reported_as_written():
    assert found("五星紅旗飘扬", "五星红旗") == ["五星紅旗"]
    assert found("五星红旗", "五星紅旗") == ["五星红旗"]


def test_digits_count_as_numerals_when_folded():
    assert found("下3滥", "下三滥") == []
    assert found("下3滥、下叁滥", "下三滥", fold_numerals=True) == ["下3滥", "下叁滥"]
    assert found("电话110和1110", "110", fold_numerals=True) == ["110"]


def test_width_and_case_make_no_difference():
    assert found("ＦＲＥＥ money, Free", "free") == ["ＦＲＥＥ", "Free"]


def test_accents_make_no_difference_in_latin_words():
    assert found("Frée, fre\u0301e", "free") == ["Frée", "fre\u0301e"]


def test_letters_written_more_often_are_found():
    assert found("freeeee gift", "free") == ["freeeee"]
    assert found("微微信信", "微信") == ["微信"]
    assert found("微微信信号", "微信号") == ["微信信号"]


def test_letters_written_less_often_are_another_word():
    assert found("as good as it gets", "ass") == []
    assert found("an asss", "ass") == ["asss"]
    assert found("天下", "天天下") == []


def test_repeated_digits_are_another_number():
    assert found("1100", "10", "110") == []


def test_a_character_that_stands_for_several_is_reported_as_the_one_written():
    assert found("买5㎏送", "kg") == []
    assert found("买㎏送", "kg") == ["㎏"]
    assert found("㍿有限", "株式会社有限") == ["㍿有限"]


def test_rare_characters_and_emoji_are_found_where_they_stand():
    assert found("先看😀💊药再说", "💊药") == ["💊药"]
    assert found("𠮷野家與吉野家", "𠮷野家") == ["𠮷野家"]
    assert found("😀微 信😀", "微信") == ["微 信"]


def test_halves_of_neighbouring_characters_are_no_word():
    # 微信 is 5FAE 4FE1; here the same four bytes stand across three other characters.
    assert found("\u4e5f\uae4f\ue100", "微信") == []


def test_sentence_marks_separate():
    assert found("你好微，信任我。微。信", "微信") == []


def test_a_line_break_separates():
    assert found("微\n信", "微信") == []


def test_words_of_several_parts_match_across_any_width_of_space():
    assert found("make  easy\u3000money now", "easy money") == ["easy\u3000money"]
    assert found("make easy   money now", "easy money") == ["easy   money"]


def test_positions_are_those_of_the_text_as_written():
    text = "\u200b加㎏微\u200b 信，五星紅旗"
    spans = compile_lexicon([Entry("微信"), Entry("五星红旗")]).find(text)
    assert [text[span.start : span.end] for span in spans] == [span.original for span in spans]
    assert [span.original for span in spans] == ["微\u200b 信", "五星紅旗"]


def test_a_span_names_its_category_and_what_happens():
    lexicon = compile_lexicon([Entry("国家级", "advertising", WARN), Entry("赌博", "gambling", BLOCK)])
    assert [(s.word, s.category, s.action) for s in lexicon.find("国家级赌博")] == [
        ("国家级", "advertising", WARN),
        ("赌博", "gambling", BLOCK),
    ]


def test_of_words_inside_one_another_the_longer_is_reported_unless_the_shorter_is_stricter():
    long_warns = [Entry("最低价格", "ads", WARN), Entry("最低价", "ads", WARN)]
    assert [span.word for span in compile_lexicon(long_warns).find("最低价格")] == ["最低价格"]
    short_blocks = [Entry("最低价格", "ads", WARN), Entry("最低价", "ads", BLOCK)]
    assert [span.word for span in compile_lexicon(short_blocks).find("最低价格")] == ["最低价格", "最低价"]


def test_a_word_longer_than_the_text_is_not_found_and_nothing_is_found_in_nothing():
    assert found("微", "微信") == []
    assert found("", "微信") == []
    assert found("anything") == []


@pytest.mark.parametrize("word", ["黄", " 黄 ", "a", "", "\u200b黄", "ａ"])
def test_an_entry_of_one_character_is_refused_with_a_sentence(word):
    with pytest.raises(RuleErrors) as refusal:
        compile_lexicon([Entry("微信"), Entry(word)])
    [problem] = refusal.value.problems
    assert problem.path == "1"
    assert "at least two" in problem.sentence
    assert "至少写两个字" in problem.sentence.say("zh-hans")


def test_every_unusable_entry_is_named_at_once():
    with pytest.raises(RuleErrors) as refusal:
        compile_lexicon([Entry("黄"), Entry("微信", action="explode"), Entry("赌")])
    assert [problem.path for problem in refusal.value.problems] == ["0", "1", "2"]


def test_ordinary_sentences_are_left_alone():
    ordinary = ["妈妈做的饭很好吃", "I have nice days", "请在路口交接", "师傅电话打不通，发票也没有"]
    assert [found(text, "av", "ice", "微信", "加微", "发漂") for text in ordinary] == [[], [], [], []]
