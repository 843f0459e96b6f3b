package bank

import (
	"math/big"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

const (
	// maxBits is the size of an amount, of a balance and of a supply.
	maxBits = 256
	// maxDigits bounds the text of an amount: 256 binary digits with a sign, a prefix and separators need less. Only
	// numbers with needless zeros in front are longer. To read digits takes time by their square.
	maxDigits = 1024
	// A denom has this many bytes.
	minDenom, maxDenom = 3, 128
)

// A Coin is an amount of a denom.
type Coin struct {
	Denom string
	// Amount is positive and has at most 256 bits. Nobody may change it.
	Amount *big.Int
}

// Coins are amounts of different denoms, sorted by them. The zero value is nothing.
type Coins []Coin

// ParseCoins reads coins as messages hold them and puts them in order: sorted by denom, one coin a denom, none without an
// amount (rows N1 to N13, rule S56). An error has the code CodeInvalidCoins, CodeInvalidDenom, CodeNegativeAmount or
// CodeOverflow.
//
// An amount is a decimal number of at most 256 bits. As on a chain it may also have the form of an integer literal of
// Go, with a sign, a prefix such as 0x, and underscores between digits; so 010 is eight.
func ParseCoins(list []wire.Coin) (Coins, error) {
	coins := make(Coins, 0, len(list))
	place := make(map[string]int, len(list))
	for _, c := range list {
		coin, err := parseCoin(c)
		if err != nil {
			return nil, err
		}
		if i, there := place[coin.Denom]; there {
			if coins[i].Amount, err = add(coins[i].Amount, coin.Amount); err != nil {
				return nil, err
			}
			continue
		}
		place[coin.Denom] = len(coins)
		coins = append(coins, coin)
	}
	coins = slices.DeleteFunc(coins, func(c Coin) bool { return c.Amount.Sign() == 0 })
	slices.SortFunc(coins, func(a, b Coin) int { return strings.Compare(a.Denom, b.Denom) })
	return coins, nil
}

// parseCoin reads one coin. Its amount may be zero.
func parseCoin(c wire.Coin) (Coin, error) {
	amount, ok := parseAmount(c.Amount)
	if !ok {
		return Coin{}, actor.Errorf(CodeInvalidCoins, "%s: invalid coins", clip(c.Amount+c.Denom))
	}
	if err := checkDenom(c.Denom); err != nil {
		return Coin{}, err
	}
	if amount.Sign() < 0 {
		return Coin{}, actor.Errorf(CodeNegativeAmount, "negative coin amount: %s", amount)
	}
	return Coin{c.Denom, amount}, nil
}

// parseAmount reads a number of at most 256 bits, which may be negative.
func parseAmount(s string) (*big.Int, bool) {
	if len(s) > maxDigits {
		return nil, false
	}
	n, ok := new(big.Int).SetString(s, 0)
	return n, ok && n.BitLen() <= maxBits
}

// checkDenom returns nil for [a-zA-Z][a-zA-Z0-9/:._-]{2,127}.
func checkDenom(s string) error {
	good := minDenom <= len(s) && len(s) <= maxDenom
	for i := 0; good && i < len(s); i++ {
		letter := 'a' <= s[i]|0x20 && s[i]|0x20 <= 'z'
		good = letter || i > 0 && ('0' <= s[i] && s[i] <= '9' || strings.IndexByte("/:._-", s[i]) >= 0)
	}
	if !good {
		return actor.Errorf(CodeInvalidDenom, "invalid denom: %s", clip(s))
	}
	return nil
}

// add returns a sum that has at most 256 bits.
func add(a, b *big.Int) (*big.Int, error) {
	sum := new(big.Int).Add(a, b)
	if sum.BitLen() > maxBits {
		return nil, actor.Errorf(CodeOverflow, "integer overflow")
	}
	return sum, nil
}

// String returns the coin as chains write it, such as "15000ucosm".
func (c Coin) String() string { return c.Amount.String() + c.Denom }

// String returns the coins with commas between them, as they stand in events. It is empty for nothing.
func (coins Coins) String() string {
	if len(coins) == 1 {
		return coins[0].String()
	}
	var b strings.Builder
	for i, c := range coins {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(c.String())
	}
	return b.String()
}

func (c Coin) wire() wire.Coin { return wire.Coin{Denom: c.Denom, Amount: c.Amount.String()} }

// Wire returns the coins as messages hold them. It is never nil.
func (coins Coins) Wire() []wire.Coin {
	list := make([]wire.Coin, len(coins))
	for i, c := range coins {
		list[i] = c.wire()
	}
	return list
}
