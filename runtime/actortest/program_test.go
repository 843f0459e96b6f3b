package actortest_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A generator writes random programs for puppets, and random transcripts that send them.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 0))} }

func (g generator) pick(words ...string) string { return words[g.IntN(len(words))] }

// address is that of an actor that is there, that comes into being with its first message, or that is not there.
func (g generator) address() string {
	switch n := g.IntN(20); {
	case n == 0:
		return "nobody"
	case n < 5:
		return fmt.Sprintf("made%d", g.IntN(4))
	case n < 9:
		return fmt.Sprintf("q/%d", g.IntN(3))
	}
	return fmt.Sprintf("p/%d", g.IntN(8))
}

func (g generator) key() string { return fmt.Sprintf("k%d", g.IntN(12)) }

// program writes lines, each behind indent. Trees get at most depth deeper.
func (g generator) program(b *strings.Builder, indent string, depth int) {
	for range 1 + g.IntN(5) {
		g.operation(b, indent, depth)
	}
}

func (g generator) operation(b *strings.Builder, indent string, depth int) {
	line := func(format string, args ...any) { fmt.Fprintf(b, indent+format+"\n", args...) }
	switch n := g.IntN(30); {
	case n < 6:
		line("set %s=%s", g.key(), g.pick("{rand}", "{sequence}", "{sender}", "{time}", "x", "{fill:900}", "{gas_left}"))
	case n < 8:
		line("append %s=%s,", g.key(), g.pick("x", "y", "{self}"))
	case n < 10:
		line("delete %s", g.key())
	case n < 12:
		line("get %s\n%sset seen={it}", g.key(), indent)
	case n < 13:
		line("range start=k%d %s\n%s  append all={key}", g.IntN(9), g.pick("", "desc"), indent)
	case n < 14:
		line("query %s\n%s  get %s\n%s  data {it}\n%sset asked={it}", g.address(), indent, g.key(), indent, indent)
	case n < 15:
		line("raw %s %s\n%sset raw={it}", g.address(), g.key(), indent)
	case n < 17:
		line("emit happened key=%s", g.key())
	case n < 18:
		line("data %s", g.pick("done", `""`, "{self}"))
	case n < 19:
		line("gas %d", g.IntN(5000))
	case n == 19 && g.IntN(3) == 0:
		line("%s", g.pick("fail broke: no more", "panic oh", "error it went wrong", "set big={fill:140000}"))
	case n > 20 && depth > 0:
		g.sub(b, indent, depth)
	}
}

func (g generator) sub(b *strings.Builder, indent string, depth int) {
	limit := ""
	if g.IntN(6) == 0 {
		limit = fmt.Sprintf(" gas=%d", 500+g.IntN(6000))
	}
	reply := g.pick("never", "success", "error", "error", "always", "always")
	switch g.IntN(8) {
	case 0:
		fmt.Fprintf(b, "%screate made%d module=%s admin={self} reply=%s%s\n", indent, g.IntN(5), g.pick("p", "q"), reply, limit)
	case 1:
		fmt.Fprintf(b, "%smigrate made%d module=%s reply=%s%s\n", indent, g.IntN(4), g.pick("p", "q"), reply, limit)
	default:
		fmt.Fprintf(b, "%scall %s id=%d reply=%s%s\n", indent, g.address(), g.IntN(9), reply, limit)
	}
	g.program(b, indent+"  ", depth-1)
	if reply != "never" {
		fmt.Fprintf(b, "%son reply\n", indent)
		g.program(b, indent+"  ", depth-1)
	}
}

// transcript writes so many cases. The command in the place of "restart" may be any that changes nothing.
func (g generator) transcript(cases int) string {
	b := new(strings.Builder)
	command := func(format string, args ...any) { fmt.Fprintf(b, "\n"+format+"\n", args...) }
	b.WriteString("show text\n")
	for i := range cases {
		switch n := g.IntN(40); {
		case n < 26:
			id := ""
			if g.IntN(4) == 0 {
				id = fmt.Sprintf(" id=r%d", g.IntN(cases)/4)
			}
			command("send %s %s%s", g.pick("alice", "bob"), g.address(), id)
			g.program(b, "", 3)
		case n < 28:
			command("create alice made%d %s admin=alice\nset born={sequence}", g.IntN(4), g.pick("p", "q"))
		case n < 29:
			command("migrate alice made%d %s", g.IntN(4), g.pick("p", "q"))
		case n < 30:
			command("sudo %s\nset sudo=%d", g.address(), i)
		case n < 31:
			command("clock +%ds", g.IntN(100))
		case n < 33:
			command("query %s\nget %s\ndata {it}", g.address(), g.key())
		case n < 34:
			command("get %s %s", g.address(), g.key())
		case n < 35:
			command("scan %s start=k3 limit=3", g.address())
		case n < 36:
			command("state %s", g.address())
		case n < 37:
			command("trace last reads gas")
		default:
			command("restart")
		}
	}
	command("actors")
	command("log")
	command("verify")
	return b.String()
}
