//go:build invariants

package txn

const modelChecked = true
