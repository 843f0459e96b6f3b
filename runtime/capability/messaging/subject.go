package messaging

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// MaxSubject is the greatest length of a subject, in bytes.
const MaxSubject = 1024

// checkSubject returns nil for a subject that can be published on: words with dots between, none of them a wildcard.
func checkSubject(subject string) error {
	why := ""
	switch {
	case subject == "":
		why = "it is empty"
	case len(subject) > MaxSubject:
		why = fmt.Sprintf("it has %d bytes, and at most %d may be", len(subject), MaxSubject)
	case !utf8.ValidString(subject) || strings.ContainsFunc(subject, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		why = "it has spaces or what does not show"
	default:
		for word := range strings.SplitSeq(subject, ".") {
			switch word {
			case "":
				why = "a word of it is empty"
			case "*", ">":
				why = "wildcards are for who subscribes"
			}
		}
	}
	if why == "" {
		return nil
	}
	return actor.Errorf(CodeSubject, "%.80q is no subject to publish on: %s", subject, why)
}

// Names of values of a link that are judged inside of transactions.
const (
	ValuePublish = "publish"
	ValueRequest = "request"
)

// allowed reports whether the patterns of a value, or else fallback, match the subject.
func allowed(req *capability.Request, value, fallback, subject string) bool {
	patterns, ok := req.Link.Value(req.Provider, value)
	if !ok {
		patterns = fallback
	}
	for pattern := range strings.SplitSeq(patterns, ",") {
		if matches(strings.TrimSpace(pattern), subject) {
			return true
		}
	}
	return false
}

// matches reports whether a subject is one of those that a pattern stands for, as NATS has them: * is a word, > is the rest.
func matches(pattern, subject string) bool {
	if strings.HasPrefix(subject, "$") != strings.HasPrefix(pattern, "$") {
		return false
	}
	for {
		p, patternRest, patternMore := strings.Cut(pattern, ".")
		s, subjectRest, subjectMore := strings.Cut(subject, ".")
		switch {
		case p == ">":
			return !patternMore
		case p != "*" && p != s:
			return false
		case !patternMore || !subjectMore:
			return patternMore == subjectMore
		}
		pattern, subject = patternRest, subjectRest
	}
}
