//! The module "currency" of the game in Rust: it gives the same results, events and state as the Go actor of
//! examples/mmo/game, and can take its place.
#![cfg_attr(target_arch = "wasm32", no_std)]

use troupe::prelude::*;

troupe::structs! {
    /// Instantiates a currency. The sender may mint.
    pub struct Open {}
}

troupe::messages! {
    /// Makes money. Only the one who made the currency may.
    pub struct Mint as "mint" {
        pub to: Address,
        pub amount: u64,
    }
    /// Gives the sender's money to somebody else.
    pub struct Transfer as "transfer" {
        pub to: Address,
        pub amount: u64,
    }
    /// Asks what somebody owns. The answer is a number.
    pub struct Balance as "balance" {
        pub of: Address,
    }
}

static MINTER: Value<Address> = Value::new("minter");
static SUPPLY: Counter = Counter::new("supply");
static BALANCES: Map<Address, u64> = Map::new("balances");

troupe::actor! {
    /// Keeps who owns how much.
    pub struct Currency;

    instantiate(virtual) => open;
    execute { Mint => mint, Transfer => transfer }
    query { Balance => balance }
}

troupe::module!(Currency);

fn open(c: &mut Call, _: Open) -> Result {
    let sender = c.sender();
    MINTER.set(c, sender);
    Ok(())
}

fn mint(c: &mut Call, m: Mint) -> Result {
    if *c.sender() != MINTER.or_zero(c)? {
        fail!(code::UNAUTHORIZED, "{} may not mint", c.sender());
    }
    SUPPLY.add(c, m.amount)?; // fails if it overflows, and no balance is ever more than the supply
    let owned = BALANCES.or_zero(c, &m.to)?;
    BALANCES.set(c, &m.to, &(owned + m.amount));
    Ok(())
}

/// Credits the receiver before it looks whether the sender can pay. That needs no care: if he cannot, the credit is
/// rolled back.
fn transfer(c: &mut Call, m: Transfer) -> Result {
    let sender = c.sender();
    if m.to == *sender {
        fail!("self_transfer", "{sender} cannot pay itself");
    }
    let got = BALANCES.or_zero(c, &m.to)?;
    BALANCES.set(c, &m.to, &got.wrapping_add(m.amount));
    let owned = BALANCES.or_zero(c, sender)?;
    if owned < m.amount {
        fail!("insufficient_funds", "{sender} owns {owned}, which is less than {}", m.amount);
    }
    BALANCES.set(c, sender, &(owned - m.amount));
    c.emit("transfer", &[("from", sender), ("to", &m.to), ("amount", &m.amount)]);
    Ok(())
}

fn balance(v: &View, q: Balance) -> Result<u64> {
    BALANCES.or_zero(v, &q.of)
}
