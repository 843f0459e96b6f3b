// Package hostile compares the machines on what no ordinary contract does: imports that are given nonsense for regions, an
// allocate that misbehaves, traps, answers that are none, limits that any step exceeds, modules with a byte changed. It
// has tests only. The contract is the probe of package vm, which does what its message says.
package hostile
