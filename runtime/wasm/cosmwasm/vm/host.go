package vm

// Host is what a call sees of the world. Its methods are called by the goroutine of Run.
//
// gas is VM gas. That of storage and queries is external; that of addresses is used by the call itself (see Usage). It is
// charged before anything else is done with what a method returns, errors too: if more is asked than is left, the call is
// out of gas.
//
// Keys, values and requests that are passed to a Host are parts of the contract's memory: they are good until the method
// returns, and must be copied to be kept. What a Host returns is copied at once, and not changed.
//
// An error ends the call and is what Run returns. There are two exceptions: an *Error is a failure of the contract's call,
// as if the VM had found it, and the text of a *UserError from an address method goes to the contract.
type Host interface {
	Get(key []byte) (value []byte, gas uint64, err error) // value nil: missing
	Set(key, value []byte) (gas uint64, err error)
	Remove(key []byte) (gas uint64, err error)
	// Scan returns an iterator over the keys from start to before end, or to before start if descending, as they are
	// now (S58, S59). A nil bound is none. The bounds may be kept.
	Scan(start, end []byte, descending bool) (it Iterator, gas uint64, err error)
	// Query answers with the JSON of a SystemResult. gasLimit is what the call has left.
	Query(request []byte, gasLimit uint64) (answer []byte, gas uint64, err error)

	Canonicalize(human string) (canonical []byte, gas uint64, err error)
	Humanize(canonical []byte) (human string, gas uint64, err error)
	Validate(human string) (gas uint64, err error)
}

// Iterator is a range of a call. After ok was false it is not asked again. It is closed once, at the end of the call.
type Iterator interface {
	Next() (key, value []byte, ok bool, gas uint64, err error)
	Close()
}

// UserError is what is wrong with an address. The contract gets the text, of which 8 KiB count.
type UserError struct{ Text string }

// Error returns the text.
func (e *UserError) Error() string { return e.Text }
