package puppet

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Parse reads a program in the form for people: one operation a line, what belongs to an operation indented below it.
// Empty lines, and lines that begin with #, say nothing. Blanks and tabs count alike.
//
//	set KEY=TEXT                 write
//	append KEY=TEXT              write what is there with TEXT behind it
//	delete KEY
//	get KEY [as NAME]            read into a variable, by default {it}; <nil> if there is nothing
//	range [start=] [end=] [desc] [as NAME]
//	  ...                        done for each pair, with {key} and {value}
//	query TO [body=TEXT] [as NAME]
//	  ...                        the program of the query; the answer is its data, or "error CODE: TEXT"
//	raw TO KEY [as NAME]         read a key of another actor
//	emit TYPE [KEY=VALUE]...     an event
//	attr KEY=VALUE...            attributes of the response
//	data TEXT                    the data of the response; data "" is empty, and without the line it is nil
//	same                         in a reply: take over the data of the reply, be it nil
//	gas N                        use gas
//	log TEXT
//	fail CODE: TEXT              an error with a code
//	error TEXT                   an error without one
//	panic TEXT
//	try                          swallow a panic in what stands below
//	repeat N                     do what stands below so often, with {i} from 1
//	wait                         until the context of the call ends
//
// Sub-messages go out when the program has ended, in the order in which they stand. What is indented below one is the
// program that its receiver runs:
//
//	call TO                      execute
//	create [TO] module=ID        instantiate; [admin=]
//	migrate TO module=ID
//	set_admin TO [admin=]
//	sudo TO
//	message KIND TO              any kind
//
// Behind the receiver may stand id=N, reply=never|success|error|always (or a number), gas=N for a limit, payload=TEXT,
// body=TEXT for a raw body, again for the body of the running message. A line "on reply", or "on reply ID", in the same
// block begins the program for the reply to the last sub-message before it, or the last one with that id. It has the
// templates {id} {payload} {callee} {gas} {data} {events} {code} {err}; {code} is ok if the sub-message succeeded.
//
// TEXT is the rest of the line in set, append, data, log, fail, error and panic; elsewhere it is one word. A text that
// begins with a double quote is a Go string, so that it may hold blanks and any byte. Templates may stand in any text:
// the variables, what a reply brings, the facts {self} {sender} {kind} {module} {sequence} {time} {rand} {gas_left},
// {fill:N} for N letters x, {hex:00ff} for bytes, and {{ for a brace.
func Parse(text string) (Program, error) {
	p := parser{}
	for i, line := range strings.Split(text, "\n") {
		body := strings.TrimLeft(line, " \t")
		indent := len(line) - len(body)
		if body = strings.TrimRight(body, " \t\r"); body == "" || body[0] == '#' {
			continue
		}
		p.lines = append(p.lines, sourceLine{number: i + 1, indent: indent, text: body})
	}
	if len(p.lines) == 0 {
		return Program{}, nil
	}
	ops, err := p.block(p.lines[0].indent)
	if err == nil && p.next < len(p.lines) {
		err = p.lines[p.next].errorf("it is indented less than the first line")
	}
	if err != nil {
		return Program{}, err
	}
	return Program{Ops: ops}, nil
}

// MustParse is Parse for programs that stand in the source of a test. It panics if the text is no program.
func MustParse(text string) Program {
	p, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return p
}

type sourceLine struct {
	number, indent int
	text           string
}

func (l sourceLine) errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: %.60q: %s", l.number, l.text, fmt.Sprintf(format, args...))
}

type parser struct {
	lines []sourceLine
	next  int
}

// block reads the lines with the given indentation.
func (p *parser) block(indent int) ([]Op, error) {
	var ops []Op
	for p.next < len(p.lines) && p.lines[p.next].indent >= indent {
		line := p.lines[p.next]
		if line.indent > indent {
			return nil, line.errorf("it is indented, but nothing stands above that it could belong to")
		}
		p.next++
		verb, rest, _ := strings.Cut(line.text, " ")
		if verb == "on" {
			if err := p.onReply(ops, line, strings.TrimSpace(rest)); err != nil {
				return nil, err
			}
			continue
		}
		op, err := parseOp(verb, strings.TrimSpace(rest))
		if err != nil {
			return nil, line.errorf("%s", err)
		}
		if op.nests() {
			below, err := p.below(indent)
			if err != nil {
				return nil, err
			}
			op.adopt(below)
		}
		ops = append(ops, op)
	}
	return ops, nil
}

// below reads the block that belongs to the line before, if there is one.
func (p *parser) below(indent int) ([]Op, error) {
	if p.next == len(p.lines) || p.lines[p.next].indent <= indent {
		return nil, nil
	}
	return p.block(p.lines[p.next].indent)
}

func (op *Op) nests() bool {
	switch op.Do {
	case Range, Query, Try, Repeat, Send:
		return true
	}
	return false
}

func (op *Op) adopt(below []Op) {
	if op.Do == Send {
		op.Sub.Body.Ops = below
	} else {
		op.Ops = below
	}
}

func (p *parser) onReply(ops []Op, line sourceLine, rest string) error {
	rest, ok := strings.CutPrefix(rest, "reply")
	if !ok {
		return line.errorf(`after "on" stands "reply"`)
	}
	rest = strings.TrimSpace(rest)
	var id uint64
	if rest != "" {
		var err error
		if id, err = strconv.ParseUint(rest, 10, 64); err != nil {
			return line.errorf("%q is no id", rest)
		}
	}
	below, err := p.below(line.indent)
	if err != nil {
		return err
	}
	for i := len(ops) - 1; i >= 0; i-- {
		if sub := ops[i].Sub; sub != nil && (rest == "" || sub.ID == id) {
			sub.OnReply = Program{below}
			return nil
		}
	}
	return line.errorf("no sub-message before it in its block could bring the reply")
}

// kindOf are the verbs that send.
var kindOf = map[string]actor.Kind{
	"call": actor.KindExecute, "create": actor.KindInstantiate, "migrate": actor.KindMigrate,
	"set_admin": actor.KindSetAdmin, "sudo": actor.KindSudo,
}

func parseOp(verb, rest string) (Op, error) {
	op := Op{Do: Verb(verb)}
	var err error
	switch op.Do {
	case Set, Append:
		op.Key, op.Value, err = assignment(rest)
	case Data, Log, Error, Panic:
		op.Value, err = wholeText(rest)
	case Fail:
		var text string
		op.Key, text, _ = strings.Cut(rest, ":")
		if op.Value, err = wholeText(strings.TrimSpace(text)); err == nil && op.Key == "" {
			err = fmt.Errorf("a code is missing")
		}
	case Same, Try, Wait:
		if rest != "" {
			err = fmt.Errorf("nothing stands behind %s", verb)
		}
	case Gas, Repeat:
		if op.N, err = strconv.ParseUint(rest, 10, 64); err != nil {
			err = fmt.Errorf("%q is no number", rest)
		}
	case Get, Delete, Range, Query, Raw, Emit, Attr:
		err = op.parseWords(rest)
	default:
		return parseSend(verb, rest)
	}
	return op, err
}
