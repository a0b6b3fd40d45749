"""Texts for the tokenizer: prompts, and every kind of character that it treats by itself.

Odd characters are written as escapes or made by number, so that the source shows them.
"""

import unicodedata

PROMPTS = [
    "red apple", "a small blue house with a red door, watercolour", "Dog Face", "a cat's whiskers", "e-mail",
    "It's 3:45pm; don't be late!", "rock'n'roll", "50% off (today only)", "C++ and C#", "the year 2024", "3.14159",
    "1,000,000", "https://example.com/a?b=c&d=e#f", "user@example.com", "snake_case CamelCase kebab-case",
    "unaffable", "antidisestablishmentarianism", "supercalifragilisticexpialidocious", "xqzzyvk", "HELLO WORLD",
    "MiXeD cAsE", "O'Neill--the 2nd", "a photo of a corgi wearing sunglasses, 8k, highly detailed, trending",
    "##ing", "un##able", "# # #", "...", "!?!?", "$100 + 20 = 120 < 200", "~`@^*|\\", "\"quoted\" 'words'",
    "a", "A", "z" * 7, "the the the", "1st 2nd 3rd 4th", "½ cup of x² + y³", "10⁻⁹ m", "№ 5 ™ © ®", "Ⅷ ⅳ",
]

SPACES = [
    "", " ", "   ", "\t", "\n", "\r", "\r\n", "a\tb", "a\nb\r\nc\rd", "  lead and trail  ", "a\u00a0b", "a\u1680b",
    "".join(f"a{chr(c)}b" for c in range(0x2000, 0x200B)), "a\u2028b\u2029c", "a\u202fb\u205fc\u3000d",
    "a\x0bb\x0cc", "a\x1cb\x1dc\x1ed\x1fe", "a\x85b", "a\u180eb", "a\u200bb\u200cc\u200dd", "a\u2060b\ufeffc",
    "\u3000\u3000", "\ufeffapple",
]

CONTROLS = [
    "\x00", "a\x00b", "\ufffd", "a\ufffdb", "".join(map(chr, range(1, 0x20))), "a\x07b\x1bc\x7fd", "x\x80y\x9fz",
    "soft\u00adhyphen", "\u200eleft\u200fright\u202aembedded\u202c", "\u2066isolate\u2069", "\u061cmark",
    "\ue000private\uf8ff", "\U000f0000\U0010fffd x", "\U00100000", "\u0378 unassigned", "a\u0378b", "\U0001fae9",
    "\ufdd0\ufdef", "\uffff x \ufffe", "\U0001ffff", "a\U0001fffeb", "\U000e0001\U000e0041 tag", "\U000e0fff",
    "\ufff9note\ufffa\ufffb", "\U0001d173x\U0001d17a", "\u2065", "\u206a\u206f", "\U000323b0",
]

ACCENTS = [
    "café", "cafe\u0301", "naïve", "nai\u0308ve", "Ångström", "A\u030angstro\u0308m", "\u212b", "résumé RÉSUMÉ",
    "Việt Nam", "Vie\u0323\u0302t", "crème brûlée", "Dvořák", "Łódź", "Øresund", "ħøþ đ", "Æsir œuvre", "smörgåsbord",
    "a\u0301\u0302\u0303\u0304", "q\u0307\u0323", "q\u0323\u0307", "\u0301", "\u0301a", " \u0308 ", "e\u20dd", "a\u0488",
    "z" + "".join(map(chr, range(0x300, 0x330))) + "algo",
    "".join(c + "\u0335\u0316\u0489" for c in "zalgo"), "\u0345", "\u1fb3", "e\u0903", "\u0344", "\u1e9b\u0323",
]

CASING = [
    "İstanbul", "ISTANBUL", "ı", "i\u0307", "I\u0307", "straße", "STRASSE", "\u1e9e", "ΣΊΣΥΦΟΣ", "σίσυφος", "ς", "Σ",
    "ﬁ ﬂ ﬀ ﬃ ﬅ", "Ǆ ǅ ǆ", "Ⓐⓑ", "ＦＵＬＬｗｉｄｔｈ", "𝐁𝐨𝐥𝐝 𝒮𝒸𝓇 𝔉𝔯 𝟙𝟚", "ℵ ℝ ℃ K Å", "Ｋ", "ᾳ ᾼ ᾈ", "ŉ ǰ ΐ",
    "\U00010400\U00010428", "Ⴀ ა Ა", "Ꭰ ꭰ ᏸ", "Һһ Ԁ Ѐ Й й ё Ё",
]

SCRIPTS = [
    "東京", "東京タワーのリンゴ", "りんご が 赤い", "ﾊﾝｶｸ ｶﾞ", "が か\u3099 パ", "中文English混合", "中 文", "㐀䶵", "一龥鿿",
    "\U00020000\U0002a6d6", "\U0002a700\U0002b73f\U0002b81d", "\U0002b820\U0002ceaf", "\U0002ceb0 \U0002ebe0",
    "\U00030000\U0003134a", "\U00031350", "\uf900\ufa0e\ufaff", "\U0002f800\U0002fa1f", "\u3007\u3006\u3021", "\u2e80\u2f00",
    "한국어", "한\u1100\u1161\u11a8", "ㄱㅏ", "ꥠ ힰ", "ᄀ", "한국 apple", "العربية", "مُحَمَّد", "لا ﻻ ﷺ", "٠١٢", "שָׁלוֹם", "שלום עולם",
    "हिन्दी भाषा", "किताब", "বাংলা", "ไทย น้ำ", "ກະລຸນາ", "ភាសាខ្មែរ", "தமிழ்", "తెలుగు", "བོད་སྐད", "မြန်မာ", "ქართული",
    "Հայերեն", "አማርኛ", "монгол ᠮᠣᠩᠭᠣᠯ", "Ελληνικά", "Привет, мир!", "Їжак й", "ᚠᚢᚦ", "𓀀𓂀", "𐍈", "ꦲ", "߀ߊ",
]

EMOJI = [
    "🍕", "red 🍎 apple", "👍🏽", "👨\u200d👩\u200d👧\u200d👦", "❤\ufe0f", "❤", "☺\ufe0e", "🏳\ufe0f\u200d🌈", "🇯🇵🇫🇷", "1\ufe0f\u20e3",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🤷🏿\u200d♀\ufe0f", "🫠🪿🫨", "☀☁☂", "♥♦♣♠", "♔♟", "☎ ✈ ✂",
    "🅰 🆗 🈁", "🀄 🃏", "😀😀😀",
]

SPECIAL = [
    "[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "a [MASK] b", "x[CLS]y", "[PAD][UNK][SEP]", "[mask]", "[Mask]", "[ MASK ]",
    "[[MASK]]", "[MASK", "MASK]", " [SEP] ", "[unused0]", "[unused99]", "[MASK\u0301]", "[\u200bMASK]", "é[MASK]é", "[MASK].",
]

# Where the tokenizer's Unicode 8.0 tables (and its CJK ranges, which leave out 2B820 to 2B91F) show.
DATED = [
    *(f"a{chr(c)}b" for c in (
        0x8D4, 0x8E2, 0x890, 0x898, 0x9FE, 0xAFA, 0x1734, 0x166D, 0x180E, 0x180F, 0x1885, 0x1AC0, 0x1AB0, 0x1DF6,
        0x1DFC, 0x2E42, 0x2E43, 0x2E52, 0xA8C5, 0x9FFF, 0x4DBF, 0x4DC0, 0x10F46, 0x110CD, 0x111C9, 0x11938, 0x1133C,
        0x11A01, 0x13430, 0x16FE4, 0x1E000, 0x1E130, 0x1E944, 0x1E95E, 0x2A6DF, 0x2A6E0, 0x2B73F, 0x2B81F, 0x2B820,
        0x2B91F, 0x2B920, 0x2CEAF, 0x2CEB0, 0x2F7FF, 0x2FA1F, 0x30000)),
]

LONG = [
    "a" * 100, "a" * 101, "a" * 300, "é" * 100, "é" * 101, "e\u0301" * 100, "a" * 99 + "!", "a" * 100 + "!" + "b" * 101,
    "\u200b" * 50 + "a" * 100, "ß" * 100, "東" * 120, "word " * 600, "unknownwordzzz" * 7, "a-" * 60,
    "a very long prompt, with commas, about a red apple on a small blue house; " * 40,
]


def by_category(first):
    """Characters whose category starts with a letter, 60 to a text, each between two letters."""
    found = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c))[0] == first]
    found = found if first == "P" else found[:240] + found[240::16]
    return ["".join(f"a{c}" for c in found[i : i + 60]) + "b" for i in range(0, len(found), 60)]


TEXTS = (PROMPTS + SPACES + CONTROLS + ACCENTS + CASING + SCRIPTS + EMOJI + SPECIAL + DATED + LONG
         + by_category("P") + by_category("S"))
