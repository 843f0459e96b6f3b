package differential

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/troupe-run/troupe/bench/conformance/machine"
	"github.com/troupe-run/troupe/bench/conformance/world"
)

// compare says how two outcomes of a call differ; nothing if they do not.
func compare(a, b world.Step) (differences []string) {
	note := func(what string, x, y any) {
		differences = append(differences, fmt.Sprintf("%s: oracle %v, subject %v", what, brief(x), brief(y)))
	}
	if (a.Err == nil) != (b.Err == nil) || errors.Is(a.Err, machine.ErrOutOfGas) != errors.Is(b.Err, machine.ErrOutOfGas) {
		note("error", a.Err, b.Err)
	}
	if !bytes.Equal(a.Result, b.Result) {
		note("result", string(a.Result), string(b.Result))
	}
	if a.Used != b.Used {
		note("gas", a.Used, b.Used)
	}
	if a.External != b.External {
		note("external gas", a.External, b.External)
	}
	if a.Left != b.Left {
		note("gas left", a.Left, b.Left)
	}
	if !slices.EqualFunc(a.Accesses, b.Accesses, same) {
		i := 0
		for i < len(a.Accesses) && i < len(b.Accesses) && same(a.Accesses[i], b.Accesses[i]) {
			i++
		}
		note(fmt.Sprintf("access %d", i), at(a.Accesses, i), at(b.Accesses, i))
	}
	if !slices.EqualFunc(a.Changed, b.Changed, func(x, y world.Row) bool {
		return bytes.Equal(x.Key, y.Key) && bytes.Equal(x.Value, y.Value) && (x.Value == nil) == (y.Value == nil)
	}) {
		note("rows", a.Changed, b.Changed)
	}
	return differences
}

func same(a, b world.Access) bool {
	return a.Op == b.Op && a.Gas == b.Gas && bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value)
}

func at(accesses []world.Access, i int) string {
	if i < len(accesses) {
		return accesses[i].String()
	}
	return "none"
}

const briefly = 600

func brief(v any) string {
	s := fmt.Sprint(v)
	if len(s) > briefly {
		return s[:briefly] + "..."
	}
	return s
}
