"""Times in English: dates nobody misreads, and no "1:54 p.m." that ends a sentence with two full stops."""

DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATE_FORMAT = "Y-m-d"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
TIME_FORMAT = "H:i"
