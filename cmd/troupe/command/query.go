package command

import (
	"context"
	"encoding/hex"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
)

// valueFlags say how one value is printed.
type valueFlags struct{ raw, hex bool }

func (f *valueFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.raw, "out-raw", false, "print the bytes as they are, without a line end")
	cmd.Flags().BoolVar(&f.hex, "out-hex", false, "print the bytes in hexadecimal")
	cmd.MarkFlagsMutuallyExclusive("out-raw", "out-hex")
}

// print prints one value for people, or its bytes.
func (f *valueFlags) print(c *call, b []byte) error {
	switch {
	case f.raw:
		_, err := c.printer.out.Write(b)
		return err
	case f.hex:
		_, err := io.WriteString(c.printer.out, hex.EncodeToString(b)+"\n")
		return err
	}
	c.printer.printf("%s\n", c.printer.value(b))
	return nil
}

// check refuses a form of output that contradicts -o json.
func (f *valueFlags) check(c *call) error {
	if c.printer.json && (f.raw || f.hex) {
		return misuse("--out-raw and --out-hex do not go with -o json, which has the bytes in base64")
	}
	return nil
}

func (c *call) queryCommand() *cobra.Command {
	var body bodyFlags
	var out valueFlags
	cmd := &cobra.Command{
		Use:   "query ADDRESS [BODY]",
		Short: "Ask an actor; nothing can change",
		Long: `Ask the code of an actor about its state. An actor of a bound kind that was never sent a message answers from an empty
state.

` + bodyHelp,
		Example: c.examples(`
			% query currency/gold '{"balance":{"who":"alice"}}'
			% query currency/gold '"total"' -o json
			% query puppet/alice --raw 'get greeting; data {it}' --out-raw`),
		Args:              between(1, 2),
		ValidArgsFunction: c.completeAddress,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.check(c); err != nil {
				return err
			}
			to, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			question, err := body.read(c, args[1:])
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			return c.asking(ctx, func(p place) error {
				c.printer.text = textOf(p).actor(ctx, to)
				answer, err := p.ask(ctx, to, question)
				if err != nil {
					return refusal(err)
				}
				if c.printer.json {
					return c.printer.object(answerView{to, answer.Sequence, answer.GasUsed, c.printer.data(nonNil(answer.Data))})
				}
				return out.print(c, answer.Data)
			})
		},
	}
	body.add(cmd)
	out.add(cmd)
	return cmd
}

type answerView struct {
	Actor    actor.Address `json:"actor"`
	Sequence uint64        `json:"seq"`
	GasUsed  uint64        `json:"gas_used"`
	Data     data          `json:"data"`
}

// refusal gives the failure of a query its exit code: an actor that is not there is told from one that refused.
func refusal(err error) error {
	var e *query.Error
	if errors.As(err, &e) && len(e.Path) > 1 {
		return &classified{ExitFailed, err}
	}
	return err
}

func (c *call) getCommand() *cobra.Command {
	var out valueFlags
	var hexKey bool
	cmd := &cobra.Command{
		Use:   "get ADDRESS KEY",
		Short: "Print the value of one key of an actor",
		Long: `Print the value of one key, as it is in the latest durable state. The exit code is 3 if it is not there. A value in CBOR,
as typed actors keep it, is shown as JSON.

'get inventory', 'get links', 'get claims' and 'get hosts' list what there is of actors with claims, and their providers.`,
		Example: c.examples(`
			% get currency/gold balances/alice
			% get puppet/alice greeting --out-raw
			% get ledger --hex-key 00ff01 -o json`),
		Args:              between(2, 2),
		ValidArgsFunction: c.completeAddress,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.check(c); err != nil {
				return err
			}
			to, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			key := []byte(args[1])
			if hexKey {
				if key, err = parseHex("the key", key); err != nil {
					return err
				}
			}
			return c.asking(cmd.Context(), func(p place) error { return c.get(cmd.Context(), p, to, key, &out) })
		},
	}
	out.add(cmd)
	cmd.Flags().BoolVar(&hexKey, "hex-key", false, "KEY is in hexadecimal")
	cmd.AddCommand(c.listCommands()...)
	return cmd
}

func (c *call) get(ctx context.Context, p place, to actor.Address, key []byte, out *valueFlags) error {
	value, ok, err := p.get(ctx, to, key)
	if err != nil {
		return err
	}
	if !ok {
		return notFoundf("%s has no key %s", to, show.Key(key))
	}
	c.printer.text = textOf(p).actor(ctx, to)
	if c.printer.json {
		return c.printer.object(struct {
			Actor actor.Address `json:"actor"`
			pairView
		}{to, c.printer.viewPair(key, value)})
	}
	return out.print(c, value)
}

// pairView is a key and its value as machines get them.
type pairView struct {
	Key   data `json:"key"`
	Value data `json:"value"`
}

func (p *printer) viewPair(key, value []byte) pairView {
	return pairView{keyData(key), p.data(nonNil(value))}
}
