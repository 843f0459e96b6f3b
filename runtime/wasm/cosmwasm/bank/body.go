package bank

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/troupe-run/troupe/runtime/actor"
)

// What is wrong with a body is said in our own words: the texts of the library may change between its versions, and the
// text of an actor error is a part of the result of a transaction.
const (
	messageForm = `{"send": {"to_address", "amount": [{"denom", "amount"}]}} or {"burn": {"amount"}}`
	orderForm   = `{"mint": {"to_address", "amount": [{"denom", "amount"}]}}, {"set_send_enabled": {"denom", "enabled"}}, ` +
		`{"set_default_send_enabled": {"enabled"}}, {"set_metadata": {"base", ..}}, {"block_address": {"address", "blocked"}} or {"genesis": {"balances": [{"address", "coins"}], ..}}`
	queryForm = `{"balance": {"address", "denom"}} or another of BankQuery`
)

// decode reads the body of a message or query as chains do: what is not known is passed over.
func decode(body []byte, into any, form string) error {
	if json.Unmarshal(body, into) != nil {
		return malformed(form)
	}
	return nil
}

// decodeStrict reads what people write: a field that nobody knows is an error.
func decodeStrict(body []byte, into any, form string) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if d.Decode(into) != nil {
		return malformed(form)
	}
	if _, err := d.Token(); err != io.EOF {
		return malformed(form)
	}
	return nil
}

func malformed(form string) error {
	return actor.Errorf(actor.CodeMalformed, "the body is no JSON of the form %s", form)
}

// encode writes an answer as chains do.
func encode(answer any) ([]byte, error) {
	data, err := json.Marshal(answer)
	if err != nil {
		return nil, actor.Errorf(CodeCorruptState, "what the bank stores is not JSON")
	}
	return data, nil
}
