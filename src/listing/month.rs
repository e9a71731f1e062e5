//! Names of months, in the languages that servers write them in.

/// Longer names, and those of other languages, without the period that some put behind.
///
/// Names that mean different months in two languages are left out (Croatian).
const NAMES: [&str; 12] = [
    "january janv januar ene gen led sty ian tammi oca jaan янв Янв",
    "february fev fevr febr februar lut helmi fév févr úno şub Şub фев Фев",
    "march mars mrt mrz maart marzo maalis marts mär märz már márc bře мар Мар",
    "april avr abr avril dub kwi huhti nis ápr апр Апр",
    "mai mag mei maj touko máj kvě май Май мая",
    "june juin giu juni cze iun haz kesä jún čen июн Июн",
    "july juil lug juli lip iul tem heinä júl čec июл Июл",
    "august ago aou aout sie srp avg elo aoû août ağu авг Авг",
    "september sept set wrz szept syys eyl zář сен Сен",
    "october okt ott out loka eki paź říj окт Окт",
    "november lis noi marras kas ноя Ноя",
    "december dez dic des pro gru joulu ara déc дек Дек",
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
pub(super) fn month(word: &[u8]) -> Option<i8> {
    let word = without_mark(word);
    // Most words that are asked about are none, and most of them numbers.
    if word.len() < 3 || word[0].is_ascii_digit() {
        return None;
    }
    if let &[first, second, third] = word
        && let Some(number) = english(&[first, second, third].map(|byte| byte.to_ascii_lowercase()))
    {
        return Some(number);
    }
    let key = key(word, 0, word.len());
    let other = OTHERS.iter().find(|(other, _)| *other == key);
    other.map(|&(_, number)| number)
}

/// What nearly all servers write.
fn english(name: &[u8; 3]) -> Option<i8> {
    Some(match name {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
}

/// All names but the English ones, in a form that is compared at once.
const OTHERS: [(u64, i8); count()] = others();

const fn count() -> usize {
    let mut count = 0;
    let mut month = 0;
    while month < 12 {
        count += 2 + blanks(NAMES[month].as_bytes()) + blanks(ENCODED[month]);
        month += 1;
    }
    count
}

const fn blanks(names: &[u8]) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < names.len() {
        count += (names[at] == b' ') as usize;
        at += 1;
    }
    count
}

const fn others() -> [(u64, i8); count()] {
    let mut others = [(0, 0); count()];
    let mut next = 0;
    let mut table = 0;
    while table < 24 {
        let month = table / 2;
        let names = match table % 2 {
            0 => NAMES[month].as_bytes(),
            _ => ENCODED[month],
        };
        let (mut start, mut at) = (0, 0);
        while at <= names.len() {
            if at == names.len() || names[at] == b' ' {
                others[next] = (key(names, start, at), month as i8 + 1);
                next += 1;
                start = at + 1;
            }
            at += 1;
        }
        table += 1;
    }
    others
}

/// The length of a name and its first seven bytes in lower case, which are enough to tell it.
const fn key(names: &[u8], start: usize, end: usize) -> u64 {
    let mut key = (end - start) as u64 & 0xff;
    let mut at = start;
    while at < end && at - start < 7 {
        key = key << 8 | names[at].to_ascii_lowercase() as u64;
        at += 1;
    }
    key
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
