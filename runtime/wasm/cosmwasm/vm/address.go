package vm

import (
	"errors"
	"unicode/utf8"
)

const (
	maxHuman     = 256
	maxCanonical = 64
	// maxUserError is how many bytes of what is wrong with an address a contract gets.
	maxUserError = 8 << 10
)

// human returns the address at ptr. If there is none, it returns the answer that says so.
func (r *run) human(ptr uint64) (address string, answer uint64, err error) {
	b, failed := r.read(ptr, maxHuman)
	if failed != nil {
		return "", 0, failed
	}
	if len(b) == 0 {
		answer, err = r.give([]byte("Input is empty"))
		return "", answer, err
	}
	if err := r.charge(gasString.of(len(b))); err != nil {
		return "", 0, err
	}
	if !utf8.Valid(b) {
		answer, err = r.give([]byte("Input is not valid UTF-8"))
		return "", answer, err
	}
	return string(b), 0, nil
}

// answer settles what the host said of an address: it is what a method of Host returned. It returns 0 if the address is
// right, and otherwise where the contract finds what is wrong.
func (r *run) answer(gas uint64, failed error) (uint64, error) {
	if err := r.charge(gas); err != nil {
		return 0, err
	}
	if failed == nil {
		return 0, nil
	}
	if user := (*UserError)(nil); errors.As(failed, &user) {
		return r.give([]byte(lossy([]byte(user.Text[:min(len(user.Text), maxUserError)]))))
	}
	return 0, failed
}

func (r *run) addrValidate(s []uint64) error {
	address, answer, err := r.human(s[0])
	if s[0] = answer; err != nil || answer != 0 {
		return err
	}
	s[0], err = r.answer(r.call.Host.Validate(address))
	return err
}

func (r *run) addrCanonicalize(s []uint64) error {
	destination := uint32(s[1])
	address, answer, err := r.human(s[0])
	if s[0] = answer; err != nil || answer != 0 {
		return err
	}
	canonical, gas, failed := r.call.Host.Canonicalize(address)
	if s[0], err = r.answer(gas, failed); err != nil || failed != nil {
		return err
	}
	if len(canonical) == 0 {
		return hostPanic()
	}
	return asError(r.write(destination, canonical))
}

func (r *run) addrHumanize(s []uint64) error {
	destination := uint32(s[1])
	canonical, bad := r.read(s[0], maxCanonical)
	if bad != nil {
		return bad
	}
	human, gas, failed := r.call.Host.Humanize(canonical)
	answer, err := r.answer(gas, failed)
	if s[0] = answer; err != nil || failed != nil {
		return err
	}
	switch {
	case human == "":
		return hostPanic()
	case !utf8.ValidString(human):
		return backend("VM received invalid UTF-8 data from backend")
	}
	return asError(r.write(destination, []byte(human)))
}
