//! Names of months, in the languages that servers write them in.

use super::charset::{CHARSETS, Charset};

/// Names in lower case, without the period that some put behind.
///
/// Names that mean different months in two languages are left out (Croatian).
const NAMES: [&str; 12] = [
    "jan january jaan janvier janv januar januari janeiro jänner jän január ene enero gen \
     gennaio gener led leden ledna sty styczeń stycznia ian ianuarie tammi tammikuu \
     tammikuuta oca ocak янв января січ січня сту јан яну ιαν ιανουαρίου",
    "feb february veebr fev fevr fevrier febr februar februari feber febrero febbraio \
     febrer fevereiro února únor lut luty lutego helmi helmikuu helmikuuta fév févr \
     février február februarie úno şub şubat фев февр февраля лют лютого феб φεβ \
     φεβρουαρίου",
    "mar march märts mars mart marts mrt maart marzo març março mrz mär märz már márc \
     március marzec marca marec martie maalis maaliskuu maaliskuuta bře březen března мар \
     марта бер березня сак μάρ μαρ μαρτίου",
    "apr april avr avril abr abril aprile aprilie dub duben dubna kwi kwiecień kwietnia \
     huhti huhtikuu huhtikuuta nis nisan ápr április апр апреля кві квітня кра απρ \
     απριλίου",
    "may mai mag maggio maig maio mayo mei maj maja máj május maí touko toukokuu \
     toukokuuta kvě květen května mayıs mayis май мая тра травня мај μάι μαΐ μαϊ μαι \
     μαΐου μαίου",
    "jun june juin juni juuni junij junho junio juny giu giugno cze czerwiec czerwca iun \
     iunie haz haziran kesä kesäkuu kesäkuuta jún június čen červen června июн июня чер \
     червня чэр јун юни ιούν ιουν ιουνίου",
    "jul july juil juuli juillet juli julij julho julio juliol lug luglio lip lipiec \
     lipca iul iulie tem temmuz heinä heinäkuu heinäkuuta júl július čec červenec \
     července июл июля лип липня јул юли ιούλ ιουλ ιουλίου",
    "aug august augustus augusti augusztus ago agosto agost aou aout aoû août sie \
     sierpień sierpnia srp srpen srpna avg avgust elo elokuu elokuuta ağu ağustos ágú авг \
     августа сер серпня жні αύγ αυγ αυγούστου",
    "sep september septembre septembrie septiembre setiembre sept set settembre setembro \
     setembre szept szeptember wrz wrzesień września syys syyskuu syyskuuta eyl eylül zář \
     září сен сент сентября вер вересня сеп σεπ σεπτεμβρίου",
    "oct october octobre octubre octombrie okt oktober október ott ottobre out outubro \
     loka lokakuu lokakuuta eki ekim paź październik października říj říjen října окт \
     октября жов жовтня кас οκτ οκτωβρίου",
    "nov november novembre novembro noviembre lis listopadu noi noiembrie marras \
     marraskuu marraskuuta kas kasım kasim nóv ноя нояб ноября нов ное лис листопада νοέ \
     νοε νοεμβρίου",
    "dec december dets decembre decembrie dez dezember dezembro dic dicembre diciembre \
     des desember desembre pro prosinec prosince gru grudzień grudnia joulu joulukuu \
     joulukuuta ara aralık aralik déc décembre дек декабря гру грудня сне дец δεκ \
     δεκεμβρίου",
];

/// A month's number by its name, `Jan` or `january` or `Sept.` or `août`.
#[inline]
pub(super) fn month(word: &[u8]) -> Option<i8> {
    let word = without_mark(word);
    // Most words that are asked about are none, and most of them numbers.
    if !(3..=LONGEST).contains(&word.len()) || word[0].is_ascii_digit() {
        return None;
    }
    let number = look_up(hash(word, 0, word.len()));
    if number.is_none() && !word.is_ascii() {
        return other_month(word);
    }
    number
}

/// The same for capitals that ASCII does not have (`ÁPR`, `Янв`), and for older character sets.
#[cold]
fn other_month(word: &[u8]) -> Option<i8> {
    // What is UTF-8 may be another character set nevertheless.
    let text = str::from_utf8(word).unwrap_or_default();
    spelled(text.chars().flat_map(char::to_lowercase).map(Some)).or_else(|| {
        let in_charset = |charset: &Charset| spelled(word.iter().map(|&byte| charset.lower(byte)));
        CHARSETS.iter().find_map(in_charset)
    })
}

/// The month of a name in these letters, if it has none that is no letter.
fn spelled(letters: impl Iterator<Item = Option<char>>) -> Option<i8> {
    let mut name = [0; LONGEST];
    let mut length = 0;
    for letter in letters {
        let letter = letter?;
        let place = name.get_mut(length..length + letter.len_utf8())?;
        length += letter.encode_utf8(place).len();
    }
    look_up(hash(&name, 0, length))
}

fn look_up(hash: u64) -> Option<i8> {
    let mut at = slot(hash);
    loop {
        match MONTHS[at] {
            (_, 0) => return None,
            (other, number) if other == hash => return Some(number),
            _ => at = (at + 1) % SLOTS,
        }
    }
}

/// The longest name, in bytes.
const LONGEST: usize = 24;

/// Places in the table of all names, of which most stay empty.
const SLOTS: usize = 1024;

/// The names' hashes, which are long enough to tell them, each in its slot or the next that is
/// free; an empty slot has month 0.
static MONTHS: [(u64, i8); SLOTS] = months();

const fn months() -> [(u64, i8); SLOTS] {
    let mut months = [(0, 0); SLOTS];
    let mut month = 0;
    while month < 12 {
        insert(&mut months, NAMES[month].as_bytes(), month as i8 + 1);
        month += 1;
    }
    months
}

/// Puts in all names between blanks.
const fn insert(months: &mut [(u64, i8); SLOTS], names: &[u8], month: i8) {
    let (mut start, mut end) = (0, 0);
    while end <= names.len() {
        if end == names.len() || names[end] == b' ' {
            assert!(end - start <= LONGEST);
            let hash = hash(names, start, end);
            let mut at = slot(hash);
            while months[at].1 != 0 && months[at].0 != hash {
                at = (at + 1) % SLOTS;
            }
            months[at] = (hash, month);
            start = end + 1;
        }
        end += 1;
    }
}

/// Of a name in lower case (FNV-1a).
const fn hash(names: &[u8], start: usize, end: usize) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut at = start;
    while at < end {
        hash = (hash ^ names[at].to_ascii_lowercase() as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

const fn slot(hash: u64) -> usize {
    (hash >> 48) as usize % SLOTS
}

/// A word without the period or comma behind it.
pub(super) fn without_mark(word: &[u8]) -> &[u8] {
    match word {
        [word @ .., b'.' | b','] => word,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_languages() {
        let table = [
            "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
            "January February March April May June July August September October November December",
            "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
            "janv. févr. mars avril mai juin juil. août sept. oct. nov. déc.",
            "jan fev mar avr mai jun jul aou sep oct nov dec",
            "ene feb mar abr may jun jul ago sep oct nov dic",
            "gen feb mar apr mag giu lug ago set ott nov dic",
            "jan fev mar abr mai jun jul ago set out nov dez",
            "jan feb mrt apr mei jun jul aug sep okt nov dec",
            "jan feb mar apr maj jun jul aug sep okt nov des",
            "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
            "sty lut mar kwi maj cze lip sie wrz paź lis gru",
            "led úno bře dub kvě čen čec srp zář říj lis pro",
            "jan febr márc ápr máj jún júl aug szept okt nov dec",
            "ian feb mar apr mai iun iul aug sep oct noi dec",
            "oca şub mar nis may haz tem ağu eyl eki kas ara",
            "янв фев мар апр мая июн июл авг сен окт ноя дек",
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
            "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
            "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
            "január február március április május június július augusztus szeptember október november december",
            "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
            "січ лют бер кві тра чер лип сер вер жов лис гру",
            "Ιαν Φεβ Μάρ Απρ Μάι Ιούν Ιούλ Αύγ Σεπ Οκτ Νοέ Δεκ",
        ];
        for row in table {
            for (name, number) in row.split(' ').zip(1..) {
                assert_eq!(month(name.as_bytes()), Some(number), "{name}");
            }
        }
    }

    #[test]
    fn no_name_means_two_months_in_any_character_set() {
        for (names, number) in NAMES.iter().zip(1..) {
            for name in names.split(' ') {
                assert_eq!(month(name.as_bytes()), Some(number), "{name}");
                for charset in CHARSETS {
                    if let Some(encoded) = charset.encode(name) {
                        let shown = encoded.escape_ascii();
                        assert_eq!(month(&encoded), Some(number), "{name} {shown}");
                    }
                }
            }
        }
    }

    #[test]
    fn names_in_older_character_sets() {
        let table: [(&[u8], i8); 16] = [
            (b"f\xe9v", 2),
            (b"F\xc9V.", 2),
            (b"f\x82vrier", 2),
            (b"AO\xfbT", 8),
            (b"ao\x96t", 8),
            (b"M\x84r", 3),
            (b"\xf8\xedj", 10),
            (b"\xfd\xa1j", 10),
            (b"pa\x9f", 10),
            (b"\xdeub", 2),
            (b"A\xa7u", 8),
            (b"\xc6\xc5\xd7", 2),
            (b"\xd4\xe5\xe2", 2),
            (b"\x94\xa5\xa2", 2),
            (b"\xcc\xdc\xe9", 5),
            (b"\xeb\xe8\xf2", 0),
        ];
        for (name, number) in table {
            let number = (number > 0).then_some(number);
            assert_eq!(month(name), number, "{}", name.escape_ascii());
        }
    }

    #[test]
    fn capitals_are_those_of_every_alphabet() {
        for (name, number) in [
            ("ÁPR", 4),
            ("DÉC", 12),
            ("ŞUBAT", 2),
            ("Şub", 2),
            ("KASIM", 11),
            ("ЯНВ", 1),
            ("Серпня", 8),
            ("ΣΕΠ", 9),
            ("Φεβρουαρίου", 2),
            ("ZÁŘÍ", 9),
        ] {
            assert_eq!(month(name.as_bytes()), Some(number), "{name}");
        }
    }

    #[test]
    fn other_words_are_no_months() {
        for word in [
            "", "Jam", "Octopus", "12", "ftp", "root", "Ja", "janvieri", ".",
        ] {
            assert_eq!(month(word.as_bytes()), None, "{word}");
        }
    }
}
