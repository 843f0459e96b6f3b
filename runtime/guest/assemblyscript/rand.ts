// The generator of a call: ChaCha8 as Go's math/rand/v2 has it, seeded with the SHA-256 of the seed of the transaction and
// the number of the call, so that actors in all languages draw the same numbers.

const K: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/** sha256 hashes 40 bytes at ptr, which with their padding are one block, to 8 words. */
function sha256(ptr: usize): StaticArray<u32> {
  const w = new StaticArray<u32>(64);
  for (let i = 0; i < 10; i++) w[i] = bswap(load<u32>(ptr + (<usize>i << 2)));
  w[10] = 0x80000000;
  w[15] = 320; // bits
  for (let i = 16; i < 64; i++) {
    const a = w[i - 15];
    const b = w[i - 2];
    w[i] = w[i - 16] + (rotr(a, 7) ^ rotr(a, 18) ^ a >> 3) + w[i - 7] + (rotr(b, 17) ^ rotr(b, 19) ^ b >> 10);
  }
  const h: StaticArray<u32> = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
  const v = new StaticArray<u32>(8);
  for (let i = 0; i < 8; i++) v[i] = h[i];
  for (let i = 0; i < 64; i++) {
    const e = v[4];
    const a = v[0];
    const t1 = v[7] + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (e & v[5] ^ ~e & v[6]) + K[i] + w[i];
    const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + (a & v[1] ^ a & v[2] ^ v[1] & v[2]);
    for (let j = 7; j > 0; j--) v[j] = v[j - 1];
    v[4] += t1;
    v[0] = t1 + t2;
  }
  for (let i = 0; i < 8; i++) v[i] += h[i];
  return v;
}

/** Rand draws numbers. */
@final
export class Rand {
  private key: StaticArray<u32>; // 8 words
  private block: StaticArray<u32> = new StaticArray<u32>(64);
  private counter: u32 = 0;
  private i: i32 = 0;
  private n: i32 = 32;

  /** The seed of the transaction is 32 bytes in memory. */
  constructor(seed: usize, span: u64) {
    const input = new StaticArray<u8>(40);
    const at = changetype<usize>(input);
    memory.copy(at, seed, 32);
    store<u64>(at, bswap(span), 32);
    this.key = sha256(at);
    for (let i = 0; i < 8; i++) this.key[i] = bswap(this.key[i]); // words of bytes in the other order
    this.fill();
  }

  /** u64 returns 64 random bits. */
  u64(): u64 {
    if (this.i == this.n) this.refill();
    const at = changetype<usize>(this.block) + (<usize>this.i << 3);
    this.i++;
    return load<u64>(at);
  }

  /** below returns a number from 0 to n-1, each as likely as any other. N is not 0. */
  below(n: u64): u64 {
    assert(n > 0, "there is no number below 0");
    if ((n & (n - 1)) == 0) return this.u64() & (n - 1);
    const threshold = (0 - n) % n;
    while (true) {
      const x = this.u64();
      if (x * n >= threshold) return high(x, n);
    }
  }

  private refill(): void {
    this.counter += 4;
    if (this.counter == 16) {
      this.counter = 0;
      for (let i = 0; i < 8; i++) this.key[i] = this.block[56 + i];
    }
    this.fill();
    this.i = 0;
    this.n = this.counter == 12 ? 28 : 32; // the last four are the next key
  }

  /** fill makes four blocks, whose words stand side by side. */
  private fill(): void {
    const s = new StaticArray<u32>(16);
    for (let lane = 0; lane < 4; lane++) {
      s[0] = 0x61707865;
      s[1] = 0x3320646e;
      s[2] = 0x79622d32;
      s[3] = 0x6b206574;
      for (let i = 0; i < 8; i++) s[4 + i] = this.key[i];
      s[12] = this.counter + lane;
      s[13] = 0;
      s[14] = 0;
      s[15] = 0;
      for (let round = 0; round < 4; round++) {
        for (let i = 0; i < 4; i++) quarter(s, i, 4 + i, 8 + i, 12 + i);
        for (let i = 0; i < 4; i++) quarter(s, i, 4 + (i + 1 & 3), 8 + (i + 2 & 3), 12 + (i + 3 & 3));
      }
      for (let i = 0; i < 16; i++) this.block[i * 4 + lane] = s[i] + (i >= 4 && i < 12 ? this.key[i - 4] : 0);
    }
  }
}

function quarter(s: StaticArray<u32>, a: i32, b: i32, c: i32, d: i32): void {
  s[a] += s[b];
  s[d] = rotl(s[d] ^ s[a], 16);
  s[c] += s[d];
  s[b] = rotl(s[b] ^ s[c], 12);
  s[a] += s[b];
  s[d] = rotl(s[d] ^ s[a], 8);
  s[c] += s[d];
  s[b] = rotl(s[b] ^ s[c], 7);
}

/** high returns the upper half of a product. */
function high(x: u64, y: u64): u64 {
  const xl = x & 0xffffffff;
  const yl = y & 0xffffffff;
  const xh = x >> 32;
  const yh = y >> 32;
  const mid = xh * yl + (xl * yl >> 32);
  return xh * yh + (mid >> 32) + ((mid & 0xffffffff) + xl * yh >> 32);
}
