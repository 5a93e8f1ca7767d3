import pytest
from django.template.loader import render_to_string
from django.utils import translation


def test_a_page_that_does_not_exist_says_so_in_the_readers_language(client):
    response = client.get("/nowhere/", headers={"accept-language": "zh-CN"})
    assert response.status_code == 404
    assert "这里没有内容" in response.content.decode()
    response = client.get("/nowhere/", headers={"accept-language": "en"})
    assert "Nothing is here" in response.content.decode()


@pytest.mark.parametrize("page", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_error_pages_need_nothing_but_themselves(page, language):
    """The page for a fault must not fail: it reads no table and no context."""
    with translation.override(language):
        assert 'class="button' in render_to_string(page)
