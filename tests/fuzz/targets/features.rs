//! Every feature that is listed is known by its name in any case, has no blank in it, and is the
//! same when the list is written anew.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tokio_ftp::protocol::Features;

fuzz_target!(|reply: &[u8]| {
    let lines = reply.split(|&byte| byte == b'\n');
    let features = Features::parse(lines.clone());
    assert!(features.iter().count() <= lines.count().saturating_sub(2));
    assert_eq!(features.is_empty(), features.iter().next().is_none());

    let mut written = String::from("Features:\n");
    for (name, parameters) in features.iter() {
        assert!(!name.is_empty() && !name.contains([' ', '\t', '\n']));
        for spelt in [name.to_ascii_lowercase(), name.to_ascii_uppercase()] {
            assert!(features.has(&spelt));
            let first = features
                .iter()
                .find(|(other, _)| other.eq_ignore_ascii_case(&spelt))
                .map(|(_, parameters)| parameters);
            assert_eq!(features.parameters(&spelt), first);
        }
        written += &format!(" {name} {parameters}\n");
    }
    written += "End";
    let again = Features::parse(written.split('\n').map(str::as_bytes));
    // At the end of a line, what stands within a word here would end it.
    let plain = |(name, _): (&str, &str)| !name.contains(['\r', '\x0c']);
    if features.iter().all(plain) {
        assert_eq!(again, features);
    }

    for (fact, _) in features.mlst_facts() {
        assert!(!fact.is_empty() && !fact.contains(';') && fact == fact.trim());
    }
    assert!(!features.has_auth_tls() || features.has("AUTH"));
});
