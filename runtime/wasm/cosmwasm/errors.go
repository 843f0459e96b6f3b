package cosmwasm

import (
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/bank"
)

// The codes of contracts and of the keeper, beside those of package actor. ChainCode says what a chain calls them.
const (
	CodeInstantiateFailed = "instantiate_failed" // a contract's own error
	CodeExecuteFailed     = "execute_failed"     // likewise, of execute, sudo and reply
	CodeQueryFailed       = "query_failed"
	CodeMigrateFailed     = "migrate_failed"
	CodeVM                = "vm_error" // the contract broke off, or did what none may
	CodeEmpty             = bank.CodeEmpty
	CodeLimit             = "limit"
	CodeInvalid           = "invalid"
	CodeNotFound          = bank.CodeNotFound
	CodeNoAddress         = "no_address" // a text in a message to contracts that is no address
	CodeUnknownMsg        = actor.CodeUnknownMessage
)

// nested begins the code of a contract's own error that has passed a call which does not hand it on as it is (S20).
const nested = "nested_"

// chainCodes are the codespaces and numbers of a chain (1.12).
var chainCodes = map[string]bank.ChainError{
	CodeInstantiateFailed:     {Codespace: "wasm", Code: 4},
	CodeExecuteFailed:         {Codespace: "wasm", Code: 5},
	CodeQueryFailed:           {Codespace: "wasm", Code: 9},
	CodeMigrateFailed:         {Codespace: "wasm", Code: 11},
	CodeEmpty:                 {Codespace: "wasm", Code: 12},
	CodeLimit:                 {Codespace: "wasm", Code: 13},
	CodeInvalid:               {Codespace: "wasm", Code: 14},
	CodeNoAddress:             {Codespace: "undefined", Code: 1}, // no error that a chain has registered
	CodeUnknownMsg:            {Codespace: "wasm", Code: 20},
	actor.CodeUnsupported:     {Codespace: "wasm", Code: 20},
	actor.CodeInvalidEvent:    {Codespace: "wasm", Code: 21},
	actor.CodeUnknownActor:    {Codespace: "wasm", Code: 22},
	actor.CodeQueryDepth:      {Codespace: "wasm", Code: 27},
	actor.CodeUnknownModule:   {Codespace: "wasm", Code: 28},
	CodeVM:                    {Codespace: "wasm", Code: 29},
	actor.CodePayloadTooLarge: {Codespace: "wasm", Code: 29},
	actor.CodeDepthExceeded:   {Codespace: "wasm", Code: 30},
	actor.CodeAlreadyExists:   {Codespace: "wasm", Code: 15},
	actor.CodeOutOfGas:        {Codespace: "sdk", Code: 11},
	actor.CodeMalformed:       {Codespace: "sdk", Code: 18},
	actor.CodeInvalidMessage:  {Codespace: "sdk", Code: 18},
}

// ChainCode returns how a chain registers an error, and whether it does: the errors of native actors it does not know.
func ChainCode(code string) (bank.ChainError, bool) {
	if c, ok := chainCodes[strings.TrimPrefix(code, nested)]; ok {
		return c, true
	}
	return bank.ChainCode(code)
}

// own reports whether the error is a contract's own, with its text.
func own(code string) bool {
	switch code {
	case CodeInstantiateFailed, CodeExecuteFailed, CodeQueryFailed, CodeMigrateFailed:
		return true
	}
	return false
}

// redact returns what a contract sees of an error (S19): the text, if it is another contract's own or that of an actor no
// chain knows, and otherwise how the chain registers it. A native contract sees all.
func redact(e *actor.Error, native bool) string {
	chain, ok := ChainCode(e.Code)
	switch {
	case native:
		return e.Error()
	case own(e.Code):
		return e.Message
	case !ok:
		return e.Error()
	}
	return fmt.Sprintf("codespace: %s, code: %d", chain.Codespace, chain.Code)
}

// wrap is rule S20: a contract's own error keeps its text through execute alone.
func wrap(kind actor.Kind, e *actor.Error) *actor.Error {
	around := "dispatch: "
	switch kind {
	case actor.KindExecute:
		return e
	case actor.KindReply:
		around = "reply: "
	}
	code := e.Code
	if own(code) {
		code = nested + code
	}
	return &actor.Error{Code: code, Message: around + e.Message}
}

// failed is the error of a contract that said text, in the words of wasmd.
func failed(kind actor.Kind, text string) *actor.Error {
	switch kind {
	case actor.KindInstantiate:
		return actor.Errorf(CodeInstantiateFailed, "%s: instantiate wasm contract failed", text)
	case actor.KindMigrate:
		return actor.Errorf(CodeMigrateFailed, "%s: migrate wasm contract failed", text)
	case actor.KindQuery:
		return actor.Errorf(CodeQueryFailed, "%s: query wasm contract failed", text)
	}
	return actor.Errorf(CodeExecuteFailed, "%s: execute wasm contract failed", text)
}
