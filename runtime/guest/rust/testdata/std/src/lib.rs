//! An actor that uses the standard library: it counts words, and panics when it is told to.

use std::collections::HashMap;

use troupe::{Call, Result};

troupe::messages! {
    pub struct Count as "count" { pub text: String }
    pub struct Panic as "panic" { pub why: String }
}

troupe::actor! {
    pub struct Words;

    execute { Count => count, Panic => |_, m: Panic| panic!("{}", m.why) }
}

troupe::module!(Words, std);

fn count(c: &mut Call, m: Count) -> Result {
    let mut words = HashMap::new();
    for word in m.text.split(' ') {
        *words.entry(word).or_insert(0u64) += 1;
    }
    let most = words.into_iter().max_by_key(|&(word, n)| (n, word));
    c.answer(&most.map_or(0, |(_, n)| n))
}
