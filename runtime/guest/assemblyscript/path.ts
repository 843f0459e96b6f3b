import { quotable } from "./text";

/** MAX_PATH bounds a path in a text, in bytes. */
const MAX_PATH: i32 = 256;

/** Path is where in a value a decoder stands. Its names are bytes elsewhere, so that it costs little until a fault is told. */
@final
export class Path {
  constructor(
    private up: Path | null,
    private ptr: usize,
    private len: u32,
    private index: i32 = 0, // of an array, if the name is empty
    private name: string = "", // of a root, which is plain
  ) {}

  /** of returns the path of a root. */
  static of(name: string): Path { return new Path(null, 0, 0, 0, name); }

  private toString(): string {
    const up = this.up;
    if (up == null) return this.name;
    if (this.len == 0) return up.toString() + "[" + this.index.toString() + "]";
    return up.toString() + "." + quotable(this.ptr, this.len);
  }

  /** root is where the path begins. Faults of depth are told there: the rest would be long and say nothing. */
  root(): Path {
    let p: Path = this;
    while (true) {
      const up = p.up;
      if (up == null) return p;
      p = up;
    }
  }

  fault(what: string): string {
    const where = this.toString();
    let bytes = 0;
    for (let i = 0; i < where.length; i++) {
      bytes += where.charCodeAt(i) < 0x80 ? 1 : 3; // all that is not ASCII is "…"
      if (bytes > MAX_PATH) return where.substring(0, i) + "…: " + what;
    }
    return where + ": " + what;
  }
}
