package wire

import (
	"encoding/json"
	"fmt"
)

// MaxPayload is how many bytes the payload of a sub-message may have (S16).
const MaxPayload = 128 * 1024

// SubMsg is a message together with what to do with its result.
type SubMsg struct {
	ID       uint64    `json:"id"` // comes back in the reply
	Msg      CosmosMsg `json:"msg"`
	Payload  []byte    `json:"payload,omitempty"`   // comes back in the reply, at most MaxPayload bytes
	GasLimit *uint64   `json:"gas_limit,omitempty"` // in SDK gas; nil: what is left
	ReplyOn  ReplyOn   `json:"reply_on"`
}

// ReplyOn is when a contract wants a reply (S5). It is a word in JSON.
type ReplyOn int

// When to reply. The zero value, of a sub-message that does not say, is none of them and an error when its turn comes
// (D21); a word that is none of them is an error at once.
const (
	ReplyUnset ReplyOn = iota
	ReplyAlways
	ReplySuccess
	ReplyError
	ReplyNever
)

// String is the word in JSON, empty for ReplyUnset.
func (r ReplyOn) String() string {
	switch r {
	case ReplyAlways:
		return "always"
	case ReplySuccess:
		return "success"
	case ReplyError:
		return "error"
	case ReplyNever:
		return "never"
	}
	return ""
}

// replyOn is the reverse of String.
func replyOn(word string) (ReplyOn, bool) {
	for r := ReplyAlways; r <= ReplyNever; r++ {
		if word == r.String() {
			return r, true
		}
	}
	return ReplyUnset, false
}

// MarshalJSON is the word.
func (r ReplyOn) MarshalJSON() ([]byte, error) { return json.Marshal(r.String()) }

// UnmarshalJSON reads the word. null is none.
func (r *ReplyOn) UnmarshalJSON(data []byte) error {
	var word string
	if err := json.Unmarshal(data, &word); err != nil {
		return err
	}
	on, ok := replyOn(word)
	if !ok {
		return fmt.Errorf("invalid reply_on value '%v'", word)
	}
	*r = on
	return nil
}

// Reply is what the entry point reply is called with (S16).
type Reply struct {
	GasUsed uint64       `json:"gas_used"` // of the sub-message; wasmd leaves it 0
	ID      uint64       `json:"id"`
	Result  SubMsgResult `json:"result"`
	Payload []byte       `json:"payload,omitempty"` // of the sub-message, as it was; left out when it is empty
}

// SubMsgResult is what became of a sub-message: Ok, or an error text.
type SubMsgResult struct {
	Ok  *SubMsgResponse `json:"ok,omitempty"`
	Err string          `json:"error,omitempty"`
}

// SubMsgResponse is what a sub-message left behind.
type SubMsgResponse struct {
	Events       Array[Event]       `json:"events"`
	Data         []byte             `json:"data,omitempty"` // in protobuf (S13); left out when it is empty
	MsgResponses Array[MsgResponse] `json:"msg_responses"`
}

// MsgResponse is the answer to one message of the chain, in protobuf (S14). A nil value is null in JSON, which contracts
// refuse: an empty answer has an empty value that is not nil.
type MsgResponse struct {
	TypeURL string `json:"type_url"`
	Value   []byte `json:"value"`
}
