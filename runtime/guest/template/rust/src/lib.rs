//! A counter: everybody may add to it, and whoever made it may set it back.
#![cfg_attr(target_arch = "wasm32", no_std)]

use troupe::prelude::*;

// The messages of a counter, with their names: {"add": {"n": 5}}.

troupe::structs! {
    /// Makes a counter. The first message to an address does, too.
    pub struct Open {
        pub start: u64,
    }
}

troupe::messages! {
    /// Adds. The new total is the data of the call.
    pub struct Add as "add" {
        pub n: u64,
    }
    /// Sets the counter back to zero. Only who made it may.
    pub struct Reset as "reset" {}
    /// Asks what the counter stands at. The answer is a number.
    pub struct Total as "total" {}
}

// What a counter keeps. The state of an actor is all that is left of a call; other statics begin anew.
static OWNER: Value<Address> = Value::new("owner");
static TOTAL: Value<u64> = Value::new("total");

troupe::actor! {
    pub struct Counter;

    instantiate(virtual) => open; // virtual: the first message to an address makes the actor
    execute { Add => add, Reset => reset }
    query { Total => total }
}

troupe::module!(Counter);

fn open(c: &mut Call, m: Open) -> Result {
    let sender = c.sender();
    OWNER.set(c, sender);
    TOTAL.set(c, &m.start);
    Ok(())
}

/// Fails when the counter is full: then nothing of the call has happened.
fn add(c: &mut Call, m: Add) -> Result {
    let total = TOTAL.or_zero(c)?;
    let Some(sum) = total.checked_add(m.n) else {
        fail!("full", "the counter stands at {total} and cannot take {} more", m.n);
    };
    TOTAL.set(c, &sum);
    c.emit("added", &[("by", c.sender()), ("n", &m.n)]);
    c.answer(&sum)
}

fn reset(c: &mut Call, _: Reset) -> Result {
    if *c.sender() != OWNER.or_zero(c)? {
        fail!(code::UNAUTHORIZED, "{} has not made this counter", c.sender());
    }
    TOTAL.set(c, &0);
    Ok(())
}

fn total(v: &View, _: Total) -> Result<u64> {
    TOTAL.or_zero(v)
}

#[cfg(test)]
mod tests {
    use super::*;
    use troupe::testing::World;

    /// Calls the actor as a host does, without any host: natively, one call at a time.
    #[test]
    fn counts() {
        let mut w = World::new("counter");
        w.instantiate::<Counter>("alice", &Open { start: 5 }).unwrap();
        w.execute::<Counter>("bob", &Add { n: 2 }).unwrap();
        assert_eq!(w.execute::<Counter>("bob", &Add { n: u64::MAX }).unwrap_err().code, "full");
        assert_eq!(w.execute::<Counter>("bob", &Reset {}).unwrap_err().code, code::UNAUTHORIZED);
        assert_eq!(w.query::<Counter, u64>(&Total {}).unwrap(), 7);
        w.execute::<Counter>("alice", &Reset {}).unwrap();
        assert_eq!(w.query::<Counter, u64>(&Total {}).unwrap(), 0);
    }
}
