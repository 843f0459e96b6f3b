//go:build !invariants

package txn

const modelChecked = false
