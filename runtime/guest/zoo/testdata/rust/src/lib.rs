//! An actor with a message of each kind and a field of each form. Its twin in Go is in zoo_test.go: what one does, the
//! other does, to the byte.
#![cfg_attr(target_arch = "wasm32", no_std)]

use troupe::prelude::*;

troupe::messages! {
    pub struct Item as "item" {
        pub name: String,
        pub data: Vec<u8> [omitempty],
    }
    pub struct Everything as "everything" {
        pub flag: bool [omitempty],
        pub small: i8 [omitempty],
        pub short: u16 [omitempty],
        pub signed: i64 [omitempty],
        pub big: u64 [omitempty],
        pub rate: f64 [omitempty],
        pub half: f32 [omitempty],
        pub text: String [omitempty],
        pub bytes: Vec<u8> [omitempty],
        pub list: Vec<Item> [omitempty],
        pub numbers: Vec<u32> [omitempty],
        pub count: BTreeMap<String, u16> [omitempty],
        pub by_id: BTreeMap<i32, String> [omitempty],
        pub nested: Option<Box<Everything>> [omitempty],
    }
    pub struct Digest as "digest" {
        pub hash: [u8; 4],
        pub raw: Vec<u8> [omitempty],
    }
    pub struct Tick as "tick" {}
    pub struct Percent as "percent" {
        pub n: i64,
    }
    /// Writes what it is given everywhere.
    pub struct Keep as "keep" {
        pub text: String,
        pub n: i64,
        pub small: u8,
        pub bytes: Vec<u8>,
        pub rate: f64,
        pub all: Everything,
    }
    /// Reads everything back.
    pub struct Show as "show" {
        pub from: String,
        pub down: bool,
    }
    pub struct Forget as "forget" {
        pub text: String,
    }
    pub struct Count as "count" {
        pub by: u64,
    }
    /// Stores a text where a number belongs.
    pub struct Corrupt as "corrupt" {
        pub key: String,
    }
    pub struct Emit as "emit" {
        pub text: String,
        pub n: i32,
    }
    pub struct Relay as "relay" {
        pub to: Address,
        pub n: i64,
        pub mode: u8,
    }
}

static VALUE: Value<Everything> = Value::new("value");
static COUNTER: Counter = Counter::new("counter");
static TEXTS: Map<String, u64> = Map::new("texts");
static SIGNED: Map<i64, String> = Map::new("signed");
static SMALL: Map<u8, bool> = Map::new("small");
static RAW: Map<Vec<u8>, Vec<u8>> = Map::new("raw");
static PAIRS: Map<(String, (i32, String)), f64> = Map::new("pairs");
static NAMES: Set<String> = Set::new("names");
static LIES: Map<String, String> = Map::new("texts");

troupe::actor! {
    pub struct Zoo;

    instantiate => same::<Item>;
    migrate => same::<Item>;
    execute {
        Everything => same,
        Digest => same,
        Percent => percent,
        Tick => same,
        Keep => keep,
        Forget => forget,
        Count => count,
        Corrupt => corrupt,
        Emit => emit,
        Relay => relay,
    }
    query {
        Item => |_, q| Ok(q),
        Show => show,
    }
    sudo {
        Tick => |c, _| c.answer(&String::from("sudo")),
    }
    reply {
        1 => relayed,
        2 => failed,
        3 => payload,
        _ => other,
    }
}

troupe::module!(Zoo);

fn same<M: troupe::Field>(c: &mut Call, m: M) -> Result {
    c.answer(&m)
}

fn percent(c: &mut Call, m: Percent) -> Result {
    match m.n {
        ..0 => Err(error!(code::INVALID_MESSAGE, "percent: {} is negative", m.n)),
        0..=100 => c.answer(&m),
        _ => Err(error!("too_much", "{} is more than 100", m.n)),
    }
}

fn keep(c: &mut Call, m: Keep) -> Result {
    VALUE.set(c, &m.all);
    TEXTS.set(c, &m.text, &(m.n as u64));
    SIGNED.set(c, &m.n, &m.text);
    SMALL.set(c, &m.small, &(m.small > 100));
    RAW.set(c, &m.bytes, &m.bytes);
    PAIRS.set(c, &(m.text.clone(), (m.n as i32, m.text.clone())), &m.rate);
    let is_new = NAMES.add(c, &m.text);
    c.answer(&is_new)
}

fn show(v: &View, q: Show) -> Result<Vec<String>> {
    let mut out = Vec::new();
    if let Some(all) = VALUE.get(v)? {
        out.push(all.text);
    }
    let from = Some(&q.from).filter(|from| !from.is_empty());
    let order = if q.down { Order::Descending } else { Order::Ascending };
    for pair in TEXTS.range(v, from, None, order) {
        let (k, n) = pair?;
        out.push(format!("{k}={n}"));
    }
    for pair in SIGNED.all(v) {
        let (k, s) = pair?;
        out.push(format!("{k}={s}"));
    }
    for pair in SMALL.range(v, None, Some(&200), Order::Ascending) {
        let (k, b) = pair?;
        out.push(format!("{k}={b}"));
    }
    for pair in RAW.all(v) {
        out.push(pair?.0.len().to_string());
    }
    for pair in PAIRS.all(v) {
        let ((first, (second, third)), _) = pair?;
        out.push(format!("{first} {second} {third}"));
    }
    for k in PAIRS.under(&q.from).keys(v, None, None, Order::Ascending) {
        out.push(k?.0.to_string());
    }
    for k in NAMES.all(v) {
        out.push(k?);
    }
    Ok(out)
}

fn forget(c: &mut Call, m: Forget) -> Result {
    NAMES.delete(c, &m.text);
    TEXTS.delete(c, &m.text);
    VALUE.delete(c);
    SIGNED.clear(c);
    Ok(())
}

fn count(c: &mut Call, m: Count) -> Result {
    let stands = COUNTER.add(c, m.by)?;
    NAMES.add(c, "counted");
    c.answer(&stands)
}

fn corrupt(c: &mut Call, m: Corrupt) -> Result {
    LIES.set(c, &m.key, &"no number".into());
    Ok(())
}

fn emit(c: &mut Call, m: Emit) -> Result {
    c.attribute(&[("action", &"emit"), ("n", &m.n)]);
    c.emit("emitted", &[("text", &m.text), ("ok", &true)]);
    c.emit("bare", &[]);
    c.log(&format!("emitted {}", m.text));
    Ok(())
}

fn relay(c: &mut Call, m: Relay) -> Result {
    let asked = || Item { name: "asked".into(), ..Item::default() };
    match m.mode {
        0 => {
            c.execute(&m.to, &Percent { n: m.n });
        }
        1 => {
            c.execute(&m.to, &Percent { n: m.n }).always(1).payload(&m);
        }
        2 => {
            c.execute(&m.to, &Percent { n: m.n }).on_error(2);
        }
        3 => {
            c.execute(&m.to, &Tick {}).on_success(3).payload(&String::from("text")).gas_limit(1_000_000);
        }
        4 => {
            let this = c.this();
            let child = Item { name: "child".into(), ..Item::default() };
            c.instantiate(&m.to, Some(&child)).at("child").admin(this).on_success(4);
        }
        5 => {
            c.set_admin(&m.to, "nobody");
        }
        6 => {
            let name = c.ask(&m.to, &asked()).map_or_else(|e| e.to_string(), |a: Item| a.name);
            return c.answer(&name);
        }
        7 => {
            let text = c.ask::<u64>(&m.to, &asked()).map_or_else(|e| e.to_string(), |_| "a number".into());
            return c.answer(&text);
        }
        8 => {
            let mut r = c.rand();
            let mut s = String::new();
            for _ in 0..200 {
                s += &format!("{} {} ", r.u64(), r.below(m.n as u64));
            }
            return c.answer(&s);
        }
        9 => {
            let env = c.env();
            return c.answer(&format!("{} {} {} {}", env.this, env.sender, env.sequence, env.time));
        }
        10 => return c.answer_raw(Some(Vec::new())),
        11 => {
            c.answer(&String::from("taken back"))?;
            return c.answer_raw(None);
        }
        _ => {}
    }
    Ok(())
}

fn relayed(c: &mut Call, r: &Reply, payload: Relay) -> Result {
    let how = r.error.as_ref().map_or("well".into(), |e| format!("{} {}", e.code, e.message));
    let events = r.events.len() as u64;
    c.emit("replied", &[("to", &payload.to), ("callee", &r.callee), ("how", &how), ("events", &events)]);
    if r.error.is_none() {
        let p: Percent = r.decode()?;
        return c.answer(&p.n);
    }
    Ok(())
}

fn failed(c: &mut Call, r: &Reply, _: ()) -> Result {
    if let Some(e) = &r.error {
        c.emit("failed", &[("why", &e.code)]);
    }
    Ok(())
}

fn payload(c: &mut Call, _: &Reply, payload: String) -> Result {
    c.emit("replied", &[("payload", &payload)]);
    Ok(())
}

fn other(c: &mut Call, r: &Reply, _: ()) -> Result {
    c.emit("replied", &[("id", &r.id), ("callee", &r.callee)]);
    Ok(())
}
