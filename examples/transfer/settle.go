package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/troupe-run/troupe/examples/transfer/bank"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// settle shows two escrows: one is released in time, the other one is not.
func (b *branch) settle(ctx context.Context) error {
	if err := b.deposit(ctx, "ann", each); err != nil {
		return err
	}
	fmt.Fprintln(b.out, "\nAnn buys a lamp and a chair from Ben. Cat decides whether they were delivered, within two days.")
	var escrows []actor.Address
	for _, price := range []uint64{100, 250} {
		data, err := b.tell(ctx, "ann", bank.AccountOf("ann"), bank.Fund{
			To: bank.AccountOf("ben"), Amount: price, Arbiter: "cat", Deadline: b.day.Now().Add(48 * time.Hour),
		})
		if err != nil {
			return err
		}
		escrow, err := typed.Decode[actor.Address](data)
		if err != nil {
			return err
		}
		escrows = append(escrows, escrow)
	}
	lamp, chair := escrows[0], escrows[1]
	for _, step := range []struct {
		after    time.Duration
		from, to actor.Address
		msg      any
	}{
		{24 * time.Hour, "ben", lamp, bank.Release{}}, // he would like to
		{0, "cat", lamp, bank.Release{}},
		{0, "ann", chair, bank.Refund{}},               // she has to wait
		{24 * time.Hour, "cat", chair, bank.Release{}}, // a moment too late
		{0, "ann", chair, bank.Refund{}},
	} {
		b.day.pass(step.after)
		if _, err := b.tell(ctx, step.from, step.to, step.msg); err != nil {
			return err
		}
	}
	return b.books(ctx)
}

// tell sends a message and prints what came of it. That an actor refuses it is no error here.
func (b *branch) tell(ctx context.Context, from, to actor.Address, msg any) ([]byte, error) {
	body := typed.Encode(msg)
	receipt, err := b.host.Send(ctx, from, actor.Message{To: to, Body: body})
	outcome := "done"
	var refused *runtime.TxError
	switch {
	case errors.As(err, &refused):
		outcome = refused.Err.Error()
	case err != nil:
		return nil, err
	}
	text, err := typed.ToJSON(body)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(b.out, "%s  %s to %s: %s\n    %s\n", b.day.Now().Format(time.DateTime), from, to, text, outcome)
	return receipt.Data, nil
}

func (b *branch) books(ctx context.Context) error {
	for _, who := range []actor.Address{"ann", "ben"} {
		n, err := ask[uint64](ctx, b.host, bank.AccountOf(who), bank.Balance{})
		if err != nil {
			return err
		}
		fmt.Fprintf(b.out, "%s has %d. ", who, n)
	}
	sum, err := b.total(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "In the bank there is %d.\n", sum)
	return nil
}
