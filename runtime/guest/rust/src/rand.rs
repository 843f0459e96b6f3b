//! The random numbers of a call: those that an actor in Go draws from `Env.Rand`.

use crate::call::Env;

/// A generator of its own for one call: the same numbers whenever the transaction is executed again, others in every call
/// of the tree. Not for secrets, because the seed stands in the log. It is ChaCha8 as of <https://c2sp.org/chacha8rand>.
#[derive(Clone, Debug)]
pub struct Rand {
    key: [u32; 8],
    words: [[u32; 4]; 16], // of four blocks, side by side
    counter: u32,
    next: usize,
}

/// How many numbers four blocks hold.
const NUMBERS: usize = 32;

/// How many blocks there are before the last numbers become the next key.
const BLOCKS: u32 = 16;

impl Rand {
    pub(crate) fn new(env: &Env) -> Self {
        let mut text = [0; 40];
        text[..32].copy_from_slice(&env.seed);
        text[32..].copy_from_slice(&env.span.to_be_bytes());
        let key = sha256(&text).map(u32::swap_bytes);
        Rand { key, words: blocks(&key, 0), counter: 0, next: 0 }
    }

    /// A number of 64 bits.
    pub fn u64(&mut self) -> u64 {
        let last = self.counter + 4 == BLOCKS;
        if self.next == NUMBERS - if last { 4 } else { 0 } {
            if last {
                for (i, word) in self.key.iter_mut().enumerate() {
                    *word = self.words[14 + i / 4][i % 4];
                }
            }
            self.counter = (self.counter + 4) % BLOCKS;
            self.words = blocks(&self.key, self.counter);
            self.next = 0;
        }
        let pair = &self.words[self.next / 2][self.next % 2 * 2..];
        self.next += 1;
        u64::from(pair[1]) << 32 | u64::from(pair[0])
    }

    /// A number that is less than `n`, each with the same chance. It panics if `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "there is no number below 0");
        if n.is_power_of_two() {
            return self.u64() & (n - 1);
        }
        let mut product = u128::from(self.u64()) * u128::from(n);
        if (product as u64) < n {
            let surplus = n.wrapping_neg() % n;
            while (product as u64) < surplus {
                product = u128::from(self.u64()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }
}

/// Four blocks, with counters from `counter` on.
fn blocks(key: &[u32; 8], counter: u32) -> [[u32; 4]; 16] {
    let mut words = [[0; 4]; 16];
    for lane in 0..4 {
        let mut b = [0; 16];
        b[..4].copy_from_slice(&[0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]);
        b[4..12].copy_from_slice(key);
        b[12] = counter + lane as u32;
        for _ in 0..4 {
            for i in 0..4 {
                quarter(&mut b, i, 4 + i, 8 + i, 12 + i);
            }
            for i in 0..4 {
                quarter(&mut b, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
            }
        }
        for (own, key) in b[4..12].iter_mut().zip(key) {
            *own = own.wrapping_add(*key);
        }
        for (row, word) in words.iter_mut().zip(b) {
            row[lane] = word;
        }
    }
    words
}

fn quarter(w: &mut [u32; 16], a: usize, b: usize, c: usize, d: usize) {
    for (up, down) in [(16, 12), (8, 7)] {
        w[a] = w[a].wrapping_add(w[b]);
        w[d] = (w[d] ^ w[a]).rotate_left(up);
        w[c] = w[c].wrapping_add(w[d]);
        w[b] = (w[b] ^ w[c]).rotate_left(down);
    }
}

/// SHA-256 of 40 bytes, which are one block.
fn sha256(text: &[u8; 40]) -> [u32; 8] {
    let mut w = [0; 64];
    for (word, bytes) in w.iter_mut().zip(text.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |n, &b| n << 8 | u32::from(b));
    }
    w[10] = 1 << 31;
    w[15] = 40 * 8;
    for i in 16..64 {
        let (a, b): (u32, u32) = (w[i - 15], w[i - 2]);
        let s0 = a.rotate_right(7) ^ a.rotate_right(18) ^ a >> 3;
        let s1 = b.rotate_right(17) ^ b.rotate_right(19) ^ b >> 10;
        w[i] = s0.wrapping_add(s1).wrapping_add(w[i - 16]).wrapping_add(w[i - 7]);
    }
    let mut s = START;
    for (&k, &w) in ROUNDS.iter().zip(&w) {
        let [a, b, c, d, e, f, g, h] = s;
        let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let choice = e & f ^ !e & g;
        let majority = a & b ^ a & c ^ b & c;
        let t = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(k).wrapping_add(w);
        s = [t.wrapping_add(s0).wrapping_add(majority), a, b, c, d.wrapping_add(t), e, f, g];
    }
    core::array::from_fn(|i| s[i].wrapping_add(START[i]))
}

/// The fractions of the square roots of the first primes.
const START: [u32; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// The fractions of the cube roots of the first primes.
const ROUNDS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
    0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
    0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
    0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What Env.Rand of the Go vocabulary gives.
    #[test]
    fn as_in_go() {
        let mut seed = [0; 32];
        seed[0] = 1;
        let mut r = Rand::new(&Env { seed, span: 7, ..Env::default() });
        let first: [u64; 3] = core::array::from_fn(|_| r.u64());
        assert_eq!(first, [2066876137220991846, 12584967267413095421, 6128140851806142071]);
        let sum = (0..1000).fold(0u64, |sum, _| sum.wrapping_mul(3).wrapping_add(r.u64()));
        assert_eq!(sum, 17280880915941662674);
        let below = (0..1000).fold(0u64, |sum, _| sum.wrapping_mul(3).wrapping_add(r.below((1 << 63) + 5)));
        assert_eq!(below, 281384525733391525);
        assert!(r.below(1) == 0 && r.below(8) < 8);
    }
}
