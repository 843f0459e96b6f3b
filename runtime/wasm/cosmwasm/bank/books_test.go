package bank_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
)

// audit returns what is wrong with the books of a bank: the supply of a denom is the sum of its balances, those who have
// some of it are its holders, nothing is stored that is nothing, and each amount is written in one way.
func audit(state actor.Reader) error {
	sums, supply := map[string]*big.Int{}, map[string]*big.Int{}
	owed, held := map[[2]string]bool{}, map[[2]string]bool{}
	for k, v := range state.Range(nil, nil, actor.Ascending) {
		space, rest, _ := strings.Cut(string(k), "/")
		switch space {
		case "balances":
			who, denom, ok := strings.Cut(rest, "\x00")
			n, err := amount(v)
			if err != nil || !ok {
				return fmt.Errorf("%q: %q: %v", k, v, err)
			}
			owed[[2]string{who, denom}] = true
			if sums[denom] == nil {
				sums[denom] = new(big.Int)
			}
			sums[denom].Add(sums[denom], n)
		case "holders":
			denom, who, ok := strings.Cut(rest, "\x00")
			if !ok || len(v) > 0 {
				return fmt.Errorf("%q: %q", k, v)
			}
			held[[2]string{who, denom}] = true
		case "supply":
			n, err := amount(v)
			if err != nil {
				return fmt.Errorf("%q: %w", k, err)
			}
			supply[rest] = n
		case "metadata":
			if !json.Valid(v) {
				return fmt.Errorf("%q: %q", k, v)
			}
		case "send_enabled", "default_send_enabled":
			if string(v) != "true" && string(v) != "false" {
				return fmt.Errorf("%q: %q", k, v)
			}
		case "blocked":
		default:
			return fmt.Errorf("unknown key %q", k)
		}
	}
	if fmt.Sprint(sums) != fmt.Sprint(supply) {
		return fmt.Errorf("the balances sum up to %v, but the supply is %v", sums, supply)
	}
	if fmt.Sprint(owed) != fmt.Sprint(held) {
		return fmt.Errorf("there are balances %v, but holders %v", owed, held)
	}
	return nil
}

func amount(v []byte) (*big.Int, error) {
	n, ok := new(big.Int).SetString(string(v), 10)
	if !ok || n.Sign() <= 0 || n.BitLen() > 256 || n.String() != string(v) {
		return nil, fmt.Errorf("%q is no amount", v)
	}
	return n, nil
}
