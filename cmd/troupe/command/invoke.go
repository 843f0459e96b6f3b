package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
)

// invokeFlags say how an operation is called.
type invokeFlags struct {
	data, save, as, id string
	contract, link     string
	readOnly, trace    bool
}

func (c *call) callCommand() *cobra.Command {
	var f invokeFlags
	var wash washFlags
	cmd := &cobra.Command{
		Use:   "call ACTOR OPERATION [NAME=VALUE]...",
		Short: "Call an operation of an actor with claims: one transaction",
		Long: `Call an operation, such as HttpServer.HandleRequest, of an actor that is named by its address, its key "M…" or its alias, and print
what it answers. The data is JSON, which the actor gets in the form that it speaks: --data has it, or a file with it, or
NAME=VALUE makes an object with texts. What a name is in JSON is what the contract calls it; bytes may be text.

The call is one transaction: if the actor fails, nothing has happened, and the exit code is 1. With --read-only it is a query.`,
		Example: c.examples(`
			% call echo HttpServer.HandleRequest -d request.json
			% call kvcounter HttpServer.HandleRequest --data '{"method":"GET","path":"/a","queryString":"","header":{},"body":""}'
			% call wasmcloud/ponger Ping.Ping --data '"hello"' -o json`),
		Args: between(2, 1000),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := c.invocationData(f.data, args[2:])
			if err != nil {
				return err
			}
			body, err := marshal(struct {
				Operation string          `json:"op"`
				Data      json.RawMessage `json:"data,omitempty"`
				Contract  string          `json:"contract,omitempty"`
				Link      string          `json:"link,omitempty"`
			}{args[1], data, f.contract, f.link})
			if err != nil {
				return err
			}
			var sender actor.Address
			if f.as != "" {
				if sender, err = parseSender(f.as); err != nil {
					return err
				}
			}
			ctx := cmd.Context()
			invoke := func(p place) error {
				to, err := addressOf(ctx, p, args[0])
				if err != nil {
					return err
				}
				if f.readOnly {
					return c.invokeQuery(ctx, p, to, body, &f)
				}
				req := dispatch.Request{ID: f.id, Sender: sender, Message: actor.Message{To: to, Body: body}}
				if f.trace {
					req.Trace = new(dispatch.Trace)
				}
				return c.invoke(ctx, p, &req, &f)
			}
			if f.readOnly {
				return c.asking(ctx, invoke)
			}
			return c.changing(ctx, invoke)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.data, "data", "d", "", "the data: `JSON`, or the file that has it; - is standard input")
	flags.StringVarP(&f.save, "save", "s", "", "write the answer to this `file`")
	flags.StringVar(&f.as, "as", "", senderHelp)
	flags.StringVar(&f.id, "id", "", "the request `id`: however often a request is sent with it, it has one effect")
	flags.StringVar(&f.contract, "contract", "", "the `contract` over which the call is said to come")
	flags.StringVar(&f.link, "link", "", "the name of the `link` over which it is said to come")
	flags.BoolVar(&f.readOnly, "read-only", false, "as a query, which writes nothing")
	flags.BoolVar(&f.trace, "trace", false, "print the tree of the transaction")
	cmd.MarkFlagsMutuallyExclusive("read-only", "trace")
	cmd.MarkFlagsMutuallyExclusive("read-only", "id")
	for _, name := range []string{"cluster-seed", "rpc-host", "rpc-port", "rpc-jwt", "rpc-seed", "rpc-credsfile", "rpc-timeout-ms", "bin"} {
		flags.String(name, "", "of wash")
		_ = flags.MarkHidden(name)
	}
	wash.add(cmd)
	return cmd
}

// invocationData returns the data of a call: JSON that is given, or in a file, or made of words, or none.
func (c *call) invocationData(given string, words []string) (json.RawMessage, error) {
	if given != "" && len(words) > 0 {
		return nil, misuse("--data and NAME=VALUE exclude each other")
	}
	if given == "" && len(words) == 1 && json.Valid([]byte(words[0])) {
		return json.RawMessage(words[0]), nil
	}
	if len(words) > 0 {
		object := map[string]string{}
		for _, word := range words {
			name, value, ok := strings.Cut(word, "=")
			if !ok || name == "" {
				return nil, misuse("the data is NAME=VALUE or one text of JSON, and %s is neither", quoted(word))
			}
			object[name] = value
		}
		return marshal(object)
	}
	if given == "" {
		return nil, nil
	}
	where, text := "the data", []byte(given)
	if given == "-" || !json.Valid(text) && !looksLikeJSON(given) {
		var err error
		if given != "-" {
			given = "@" + strings.TrimPrefix(given, "@")
		}
		if where, text, err = c.input(given); err != nil {
			return nil, err
		}
	}
	text = bytes.TrimSpace(text)
	if err := checkJSON(text); err != nil {
		return nil, usagef("%s is not JSON: %w", where, err)
	}
	return text, nil
}

// looksLikeJSON tells a text that was to be JSON from the name of a file.
func looksLikeJSON(text string) bool {
	return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") || strings.HasPrefix(text, `"`)
}

// addressOf returns the address of the actor that a person means: one with claims by any of its names, or else what it says.
func addressOf(ctx context.Context, p place, text string) (actor.Address, error) {
	cast, err := p.cast(ctx)
	if err != nil {
		return "", err
	}
	if a, failed := cast.find(text); failed == nil {
		return a.Address, nil
	} else if to := actor.Address(text); to.Validate() != nil {
		return "", failed
	} else if _, err := p.actor(ctx, to); err != nil {
		return "", failed
	}
	return actor.Address(text), nil
}

func (c *call) invoke(ctx context.Context, p place, req *dispatch.Request, f *invokeFlags) error {
	receipt, err := p.do(ctx, req)
	if err == nil && !f.trace {
		return c.answer(receipt.Data, receipt.Sequence, f)
	}
	if receipt != nil && f.trace {
		if printErr := c.sent(ctx, p, *req, receipt); printErr != nil {
			err = errors.Join(err, printErr)
		}
	}
	var failed *runtime.TxError
	if errors.As(err, &failed) && !c.printer.json {
		return &txFailure{failed}
	}
	return err
}

func (c *call) invokeQuery(ctx context.Context, p place, to actor.Address, body []byte, f *invokeFlags) error {
	answer, err := p.ask(ctx, to, body)
	if err != nil {
		return refusal(err)
	}
	return c.answer(answer.Data, answer.Sequence, f)
}

// answer prints what an operation returned: JSON, as the call was.
func (c *call) answer(data []byte, seq uint64, f *invokeFlags) error {
	if len(data) == 0 {
		data = []byte("null")
	}
	if f.save != "" {
		if err := os.WriteFile(f.save, append(data[:len(data):len(data)], '\n'), 0o644); err != nil {
			return fileError(err)
		}
	}
	if !json.Valid(data) {
		return fmt.Errorf("the answer is no JSON: %.200q", data)
	}
	if c.printer.json {
		return c.printer.object(map[string]any{"response": json.RawMessage(data), "seq": seq, "success": true})
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, data, "", "  "); err != nil {
		return err
	}
	c.printer.printf("%s\n", harmless(pretty.String()))
	return nil
}
