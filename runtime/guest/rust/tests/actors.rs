//! Actors in a world in memory. What they do on the wire is compared with Go by runtime/guest/zoo; here is what only Rust
//! has, and what the zoo does not hold.

use troupe::prelude::*;
use troupe::testing::World;
use troupe::{decode_value, encode_value, Env, Kind, Read, Reply, ReplyOn, Request, Write};

troupe::structs! {
    #[derive(Eq)]
    pub struct Fixed {
        pub hash: [u8; 4] [omitempty],
        pub pair: [u16; 2],
        pub raw: Vec<u8>,
        pub kind: String as "type" [omitempty],
    }
}

troupe::messages! {
    pub struct Store as "store" { pub n: u64, pub fixed: Fixed }
    pub struct Ask as "ask" { pub whom: Address }
    pub struct Sum as "sum" { pub from: Option<u64> }
    pub struct Pay as "pay" { pub to: Address, pub amount: u64 }
}

static BIG: Map<u64, Vec<u8>> = Map::new("big");
static FIXED: Value<Fixed> = Value::new("fixed");

troupe::actor! {
    struct Shop;

    migrate => |c: &mut Call, m: Fixed| { FIXED.set(c, &m); Ok(()) };
    execute {
        Store => |c, m: Store| {
            BIG.set(c, &m.n, &vec![7; m.n as usize]);
            FIXED.set(c, &m.fixed);
            c.log("stored");
            if m.n == 13 {
                fail!("unlucky", "{} is not stored", m.n);
            }
            Ok(())
        },
        Pay => |c, m: Pay| {
            c.execute("currency", &m).always(1).payload(&m).gas_limit(9);
            c.migrate("old", "new", None::<&Fixed>);
            Ok(())
        },
        Ask => |c, m: Ask| {
            let raw = c.query_raw(&m.whom, b"key").unwrap_or_default();
            let n: u64 = c.ask(&m.whom, &Sum::default())?;
            c.answer(&(n + raw.len() as u64))
        },
    }
    query {
        Sum => |v, q: Sum| {
            let mut sum = 0;
            for pair in BIG.range(v, q.from.as_ref(), None, Order::Descending) {
                let (n, value) = pair?;
                assert_eq!(n as usize, value.len());
                sum += n;
            }
            Ok(sum)
        },
    }
    reply {
        1 => |c, r: &Reply, pay: Pay| c.answer(&format!("{} {} {:?}", r.callee, pay.amount, r.error.as_ref().map(|e| &e.code))),
        2..=9 => |_, _, ()| Ok(()),
    }
}

#[test]
fn what_is_stored_is_found_and_what_fails_is_not() {
    let mut w = World::new("shop");
    for n in [5, 300, 70_000] {
        w.execute::<Shop>("alice", &Store { n, ..Store::default() }).unwrap();
    }
    let before = w.state.clone();
    let e = w.execute::<Shop>("alice", &Store { n: 13, ..Store::default() }).unwrap_err();
    assert_eq!(e.to_string(), "unlucky: 13 is not stored");
    assert_eq!(w.state, before);
    assert_eq!(w.query::<Shop, u64>(&Sum { from: None }).unwrap(), 70_305);
    assert_eq!(w.query::<Shop, u64>(&Sum { from: Some(6) }).unwrap(), 70_300);
    assert_eq!(w.log.len(), 4);
    assert_eq!(w.state.keys().next().unwrap(), b"big/a5");
}

#[test]
fn other_actors_are_asked() {
    let mut w = World::new("shop");
    assert_eq!(w.execute::<Shop>("alice", &Ask { whom: "bank".into() }).unwrap_err().code, "unknown_actor");
    w.on_query(|to, body| {
        assert_eq!((to, body), ("bank", &b"\xa1\x63sum\xa1\x64from\xf6"[..]));
        Ok(Some(encode_value(&40u64)))
    });
    w.on_query_raw(|_, key| Some(key.repeat(200)));
    let r = w.execute::<Shop>("alice", &Ask { whom: "bank".into() }).unwrap();
    assert_eq!(r.data, Some(encode_value(&640u64)));
    w.on_query(|_, _| Ok(Some(b"\x60".to_vec())));
    let e = w.execute::<Shop>("alice", &Ask { whom: "bank".into() }).unwrap_err();
    assert_eq!(e.to_string(), "malformed: data: expected an unsigned integer, found text");
}

#[test]
fn messages_and_replies() {
    let mut w = World::new("shop");
    let pay = Pay { to: "bob".into(), amount: 5 };
    let r = w.execute::<Shop>("alice", &pay).unwrap();
    let [first, second] = &r.messages[..] else { panic!("{r:?}") };
    assert_eq!((first.id, first.reply_on, first.gas_limit), (1, ReplyOn::Always, 9));
    assert_eq!((&*first.to, first.body.as_deref()), ("currency", Some(&*troupe::Message::body(&pay))));
    assert_eq!((second.kind, &*second.module, &second.body), (Kind::Migrate, "new", &None));
    let mut reply = Reply { id: 1, payload: first.payload.clone(), callee: "currency".into(), ..Reply::default() };
    assert_eq!(w.reply::<Shop>(&reply).unwrap().data, Some(encode_value(&String::from("currency 5 None"))));
    reply.error = Some(Error::new("broke", ""));
    reply.payload = None;
    assert_eq!(w.reply::<Shop>(&reply).unwrap().data, Some(encode_value(&String::from("currency 0 Some(\"broke\")"))));
    reply.payload = Some(vec![5]);
    assert_eq!(w.reply::<Shop>(&reply).unwrap_err().message, "the payload of reply 1 does not fit its handler");
    reply.id = 4;
    assert_eq!(w.reply::<Shop>(&reply).unwrap().data, None);
    reply.id = 10;
    assert_eq!(w.reply::<Shop>(&reply).unwrap_err().message, "the actor has no handler for reply 10");
}

#[test]
fn arrays_have_their_length() {
    let f = Fixed { hash: [1, 2, 3, 4], pair: [5, 600], raw: vec![9], kind: "k".into() };
    let bytes = encode_value(&f);
    assert_eq!(bytes, b"\xa4\x63raw\x41\x09\x64hash\x44\x01\x02\x03\x04\x64pair\x82\x05\x19\x02\x58\x64type\x61k");
    assert_eq!(decode_value::<Fixed>(&bytes).unwrap(), f);
    let mut w = World::new("shop");
    let mut migrate = |body: &str| match w.deliver::<Shop>(2, "alice", Some(body.as_bytes())) {
        Ok(_) => String::new(),
        Err(e) => e.to_string(),
    };
    for (body, want) in [
        (r#"{"hash": "AQIDBA==", "pair": [1, 2], "raw": ""}"#, ""),
        (r#"{"hash": "AQID"}"#, "malformed: migrate.hash: expected 4 bytes, found 3"),
        (r#"{"pair": [1]}"#, "malformed: migrate.pair: expected 2 items, found 1"),
        // Bytes as an array are taken where nothing has a length, and so here they are not.
        (r#"{"pair": [1, 2], "raw": [1, 2]}"#, "malformed: migrate.raw: expected bytes, found an array"),
        (r#"{"pair": [1, 65536]}"#, "malformed: migrate.pair[1]: the integer is out of range for uint16"),
        (r#"{"kind": "k"}"#, r#"malformed: migrate: unknown field "kind"; known are hash, pair, raw, type"#),
        (" null", ""),
    ] {
        assert_eq!(migrate(body), want, "{body}");
    }
    assert_eq!(decode_value::<Vec<u8>>(b"\x82\x01\x02").unwrap(), [1, 2]);
    assert_eq!(
        decode_value::<Vec<u8>>(b"\x82\x01\x19\x01\x00").unwrap_err().message,
        "data: expected bytes, found an array"
    );
}

/// An actor on bytes.
struct Raw;

impl troupe::Actor for Raw {
    fn execute(c: &mut Call, m: Request) -> Result {
        let last = c.get(b"last");
        c.set(b"last", m.body.unwrap_or(b"none"));
        c.set(b"gone", b"");
        assert_eq!(c.get(b"gone"), Some(vec![]));
        c.delete(b"gone");
        c.answer_raw(last)
    }
}

#[test]
fn an_actor_on_bytes() {
    let mut w = World::new("raw");
    assert_eq!(w.deliver::<Raw>(0, "alice", Some(b"a")).unwrap().data, None);
    assert_eq!(w.deliver::<Raw>(0, "alice", None).unwrap().data, Some(b"a".to_vec()));
    assert_eq!(w.state.into_iter().collect::<Vec<_>>(), [(b"last".to_vec(), b"none".to_vec())]);
    let mut w = World::new("raw");
    assert!(w.deliver::<Raw>(1, "alice", None).is_ok() && w.deliver::<Raw>(1, "alice", Some(b"")).is_ok());
    for (entry, body) in [(1, Some(&b"x"[..])), (2, None), (4, None)] {
        assert_eq!(w.deliver::<Raw>(entry, "alice", body).unwrap_err().code, code::UNSUPPORTED, "{entry}");
    }
    assert_eq!(w.query_bytes::<Raw>(b"").unwrap_err().code, code::UNSUPPORTED);
    assert_eq!(w.reply::<Raw>(&Reply::default()).unwrap_err().code, code::UNSUPPORTED);
}

troupe::actor! {
    struct Nothing;
}

#[test]
fn an_actor_without_handlers() {
    let mut w = World::new("nothing");
    w.env = Env { sequence: 3, time: -5, ..w.env };
    for body in ["", "{}", " {}\n", "\u{a0}{}\u{2028}"] {
        assert!(w.deliver::<Nothing>(1, "alice", Some(body.as_bytes())).is_ok(), "{body:?}");
    }
    assert!(w.deliver::<Nothing>(1, "alice", Some(b"\xa0")).is_ok());
    for (entry, body, want) in [
        (0, "\"a\"", "the actor takes no execute messages"),
        (1, "{} x", "the actor takes no instantiate message"),
        (2, "", "the actor takes no migrate message"),
        (4, "", "the actor takes no sudo messages"),
    ] {
        let e = w.deliver::<Nothing>(entry, "alice", Some(body.as_bytes())).unwrap_err();
        assert_eq!((&*e.code, &*e.message), (code::UNSUPPORTED, want));
    }
    assert_eq!(w.query_bytes::<Nothing>(b"").unwrap_err().message, "the actor takes no query messages");
}
