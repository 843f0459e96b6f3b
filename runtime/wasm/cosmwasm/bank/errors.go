package bank

import (
	"errors"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
)

// The codes of the bank, beside those of package actor. ChainCode says what a chain calls them.
const (
	CodeInsufficientFunds = "insufficient_funds" // less there than is to be spent
	CodeInvalidCoins      = "invalid_coins"      // an amount that is no number of 256 bits, or coins of no amount
	CodeInvalidDenom      = "invalid_denom"      // outside the grammar of denoms
	CodeNegativeAmount    = "negative_amount"    // less than nothing
	CodeEmpty             = "empty"              // nothing to burn or to mint
	CodeSendDisabled      = "send_disabled"      // the denom cannot be sent at the moment
	CodeNotFound          = "not_found"          // a denom without metadata
	CodeOverflow          = "overflow"           // a sum beyond 256 bits; a chain panics
	CodeCorruptState      = "corrupt_state"      // the state holds what the bank did not write
)

// A ChainError is how a chain registers an error: what is left of it when a contract sees it (rule S19).
type ChainError struct {
	Codespace string
	Code      uint32
}

// ChainCode returns how a chain registers the errors with a code of the bank, and whether it does. It does not for a body
// that cannot be decoded, for CodeOverflow, at which a chain panics, and for CodeCorruptState.
func ChainCode(code string) (ChainError, bool) {
	switch code {
	case CodeInsufficientFunds:
		return ChainError{"sdk", 5}, true
	case actor.CodeUnauthorized:
		return ChainError{"sdk", 4}, true
	case actor.CodeInvalidAddress:
		return ChainError{"sdk", 7}, true
	case CodeInvalidCoins:
		return ChainError{"sdk", 10}, true
	case CodeNotFound:
		return ChainError{"sdk", 38}, true
	case CodeSendDisabled:
		return ChainError{"bank", 5}, true
	case CodeEmpty:
		return ChainError{"wasm", 12}, true
	case actor.CodeUnknownMessage:
		return ChainError{"wasm", 20}, true
	case CodeInvalidDenom, CodeNegativeAmount:
		// Errors without a registration are all the same to a chain.
		return ChainError{"undefined", 1}, true
	}
	return ChainError{}, false
}

// clip bounds what foreign text contributes to the text of an error.
func clip(s string) string {
	const most = 256
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// text is what an error says, without a code.
func text(err error) string {
	var e *actor.Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	return err.Error()
}

// within says what was being done when an actor error came up.
func within(doing string, err error) error {
	if err == nil {
		return nil
	}
	e := actor.AsError(err)
	return &actor.Error{Code: e.Code, Message: doing + ": " + e.Message}
}
