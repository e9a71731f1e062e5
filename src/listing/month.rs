//! Names of months, in the languages that servers write them in.

/// Names in lower case, without the period that some put behind.
///
/// Names that mean different months in two languages are left out (Croatian).
const NAMES: [&str; 12] = [
    "jan january janv januar ene gen led sty ian tammi oca jaan янв",
    "feb february fev fevr febr februar lut helmi fév févr úno şub фев",
    "mar march mars mrt mrz maart marzo maalis marts mär märz már márc bře мар",
    "apr april avr abr avril dub kwi huhti nis ápr апр",
    "may mai mag mei maj touko máj kvě май мая",
    "jun june juin giu juni cze iun haz kesä jún čen июн",
    "jul july juil lug juli lip iul tem heinä júl čec июл",
    "aug august ago aou aout sie srp avg elo aoû août ağu авг",
    "sep september sept set wrz szept syys eyl zář сен",
    "oct october okt ott out loka eki paź říj окт",
    "nov november lis noi marras kas ноя",
    "dec december dez dic des pro gru joulu ara déc дек",
];

/// The same in older character sets: ISO 8859-1, -2 and -9, KOI8-R and Windows-1251.
const ENCODED: [&[u8]; 12] = [
    b"\xd1\xce\xd7 \xff\xed\xe2",
    b"f\xe9v f\xe9vr \xfano \xfeub \xdeub \xc6\xc5\xd7 \xf4\xe5\xe2",
    b"m\xe4r m\xe4rz m\xe1r m\xe1rc b\xf8e \xcd\xc1\xd2 \xec\xe0\xf0",
    b"\xe1pr \xc1\xd0\xd2 \xe0\xef\xf0",
    b"m\xe1j kv\xec \xcd\xc1\xca \xec\xe0\xe9 \xcd\xc1\xd1 \xec\xe0\xff",
    b"kes\xe4 j\xfan \xe8en \xc9\xc0\xce \xe8\xfe\xed",
    b"hein\xe4 j\xfal \xe8ec \xc9\xc0\xcc \xe8\xfe\xeb",
    b"ao\xfb ao\xfbt a\xf0u \xc1\xd7\xc7 \xe0\xe2\xe3",
    b"z\xe1\xf8 \xd3\xc5\xce \xf1\xe5\xed",
    b"pa\xbc \xf8\xedj \xcf\xcb\xd4 \xee\xea\xf2",
    b"\xce\xcf\xd1 \xed\xee\xff",
    b"d\xe9c \xc4\xc5\xcb \xe4\xe5\xea",
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
        return month_in_capitals(word);
    }
    number
}

/// The same for letters that ASCII does not have: `ÁPR`, `Янв`.
#[cold]
fn month_in_capitals(word: &[u8]) -> Option<i8> {
    let word = str::from_utf8(word).ok()?;
    let mut lower = [0; LONGEST];
    let mut length = 0;
    for letter in word.chars().flat_map(char::to_lowercase) {
        let place = lower.get_mut(length..length + letter.len_utf8())?;
        length += letter.encode_utf8(place).len();
    }
    look_up(hash(&lower, 0, length))
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
        insert(&mut months, ENCODED[month], month as i8 + 1);
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
        ];
        for row in table {
            for (name, number) in row.split(' ').zip(1..) {
                assert_eq!(month(name.as_bytes()), Some(number), "{name}");
            }
        }
        assert_eq!(month(b"AO\xfbT"), Some(8));
    }

    #[test]
    fn no_name_means_two_months() {
        for ((names, encoded), number) in NAMES.iter().zip(ENCODED).zip(1..) {
            let names = [names.as_bytes(), encoded].join(&b' ');
            for name in names.split(|&byte| byte == b' ') {
                assert_eq!(month(name), Some(number), "{}", name.escape_ascii());
            }
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
