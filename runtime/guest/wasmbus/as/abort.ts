import { print } from "./host";

/** abort is what the compiler calls when an actor goes wrong: a failed assertion, an index out of range, a throw. */
export function abort(message: string | null = null, file: string | null = null, line: u32 = 0, column: u32 = 0): void {
  const what = message == null ? "abort" : message;
  print(file == null ? what : what + " in " + file + ":" + line.toString() + ":" + column.toString());
  unreachable();
}
