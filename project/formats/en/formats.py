"""Times in English: the 24-hour clock and unambiguous dates; "1:54 p.m." would end a sentence with two full stops."""

DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATE_FORMAT = "Y-m-d"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
TIME_FORMAT = "H:i"
