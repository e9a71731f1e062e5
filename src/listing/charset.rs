//! Letters of older character sets, as far as names of months have them.

/// A character set that has ASCII in its lower half.
#[derive(Debug)]
pub(super) struct Charset(
    /// Bytes, and what that one and those behind it stand for, in lower case.
    &'static [(u8, &'static str)],
);

/// Those that servers write. What stands together differs in letters that no month needs, or that
/// only one of them has.
#[rustfmt::skip]
pub(super) const CHARSETS: &[Charset] = &[
    // ISO 8859-1 and -9, and Windows-1252 and -1254.
    Charset(&[
        (0xc1, "á"), (0xc4, "ä"), (0xc7, "ç"), (0xc9, "é"), (0xcd, "í"), (0xd0, "ğ"),
        (0xd3, "ó"), (0xda, "ú"), (0xdb, "û"), (0xdc, "ü"), (0xde, "ş"), (0xe1, "á"),
        (0xe4, "ä"), (0xe7, "ç"), (0xe9, "é"), (0xed, "í"), (0xf0, "ğ"), (0xf3, "ó"),
        (0xfa, "ú"), (0xfb, "û"), (0xfc, "ü"), (0xfd, "ı"), (0xfe, "ş"),
    ]),
    // ISO 8859-2 and Windows-1250.
    Charset(&[
        (0x8c, "ś"), (0x8f, "ź"), (0x9c, "ś"), (0x9f, "ź"), (0xa6, "ś"), (0xaa, "ş"),
        (0xac, "ź"), (0xb6, "ś"), (0xba, "ş"), (0xbc, "ź"), (0xc1, "á"), (0xc4, "ä"),
        (0xc7, "ç"), (0xc8, "č"), (0xc9, "é"), (0xcc, "ě"), (0xcd, "í"), (0xd1, "ń"),
        (0xd3, "ó"), (0xd8, "ř"), (0xda, "ú"), (0xdc, "ü"), (0xe1, "á"), (0xe4, "ä"),
        (0xe7, "ç"), (0xe8, "č"), (0xe9, "é"), (0xec, "ě"), (0xed, "í"), (0xf1, "ń"),
        (0xf3, "ó"), (0xf8, "ř"), (0xfa, "ú"), (0xfc, "ü"),
    ]),
    // Code pages 437, 850 and 857.
    Charset(&[
        (0x80, "ç"), (0x81, "ü"), (0x82, "é"), (0x84, "ä"), (0x87, "ç"), (0x8d, "ı"),
        (0x8e, "ä"), (0x90, "é"), (0x96, "û"), (0x9a, "ü"), (0x9e, "ş"), (0x9f, "ş"),
        (0xa0, "á"), (0xa1, "í"), (0xa2, "ó"), (0xa3, "ú"), (0xa6, "ğ"), (0xa7, "ğ"),
        (0xb5, "á"), (0xd5, "ı"), (0xd6, "í"), (0xe0, "ó"), (0xe9, "ú"), (0xea, "û"),
    ]),
    // Code page 852.
    Charset(&[
        (0x80, "ç"), (0x81, "ü"), (0x82, "é"), (0x84, "ä"), (0x87, "ç"), (0x8d, "ź"),
        (0x8e, "ä"), (0x90, "é"), (0x97, "ś"), (0x98, "ś"), (0x9a, "ü"), (0x9f, "č"),
        (0xa0, "á"), (0xa1, "í"), (0xa2, "ó"), (0xa3, "ú"), (0xab, "ź"), (0xac, "č"),
        (0xad, "ş"), (0xb5, "á"), (0xb7, "ě"), (0xb8, "ş"), (0xd6, "í"), (0xd8, "ě"),
        (0xe0, "ó"), (0xe3, "ń"), (0xe4, "ń"), (0xe9, "ú"), (0xfc, "ř"), (0xfd, "ř"),
    ]),
    // KOI8-R and -U.
    Charset(&[(0xa6, "і"), (0xb6, "і"), (0xc0, KOI8), (0xe0, KOI8)]),
    // Windows-1251.
    Charset(&[(0xb2, "іі"), (0xa3, "ј"), (0xbc, "ј"), (0xc0, CYRILLIC), (0xe0, CYRILLIC)]),
    // Code page 866.
    Charset(&[(0x80, CYRILLIC), (0xa0, "абвгдежзийклмноп"), (0xe0, "рстуфхцчшщъыьэюя")]),
    // ISO 8859-7 and Windows-1253.
    Charset(&[
        (0xa2, "ά"), (0xb6, "ά"), (0xb8, "έήί"), (0xbc, "ό"), (0xbe, "ύώΐ"),
        (0xc1, "αβγδεζηθικλμνξοπρ στυφχψωϊ"), (0xdc, "άέήί"),
        (0xe0, "ΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ"),
    ]),
];

const KOI8: &str = "юабцдефгхийклмнопярстужвьызшэщчъ";
const CYRILLIC: &str = "абвгдежзийклмнопрстуфхцчшщъыьэюя";

impl Charset {
    /// The letter of a byte, in lower case. `None` for one that is in no name of a month.
    pub(super) fn lower(&self, byte: u8) -> Option<char> {
        if byte.is_ascii() {
            return Some(char::from(byte.to_ascii_lowercase()));
        }
        self.0.iter().find_map(|&(first, letters)| {
            let at = byte.checked_sub(first)?;
            letters.chars().nth(at.into())
        })
    }

    /// A word in this character set, if that has all its letters.
    #[cfg(test)]
    pub(super) fn encode(&self, word: &str) -> Option<Vec<u8>> {
        let byte = |letter| {
            (0..=u8::MAX)
                .rev()
                .find(|&byte| self.lower(byte) == Some(letter))
        };
        word.chars().map(byte).collect()
    }
}
