package claims

import "strings"

// maxPattern is the greatest length of a pattern, in bytes: an address of an actor, and a star.
const maxPattern = maxTarget + 1

// Matches reports whether the pattern covers the name: it is the name, or a prefix of it and a star. A star stands at the
// end of a pattern only; "*" covers all.
func Matches(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}

// covers reports whether one of the patterns covers the name. No patterns cover all.
func covers(patterns []string, name string) bool {
	for _, p := range patterns {
		if Matches(p, name) {
			return true
		}
	}
	return len(patterns) == 0
}

// checkPatterns refuses patterns that could be meant in another way than they are read.
func checkPatterns(what string, patterns []string, max int) *Refusal {
	if len(patterns) > max {
		return refuse(TooLarge, "%d patterns of %s: at most %d", len(patterns), what, max)
	}
	for _, p := range patterns {
		if p == "" {
			return refuse(Malformed, "an empty pattern of %s: it would cover nothing; leave it out, or write * for all", what)
		}
		if refusal := checkText("pattern of "+what, p, maxPattern); refusal != nil {
			return refusal
		}
		if i := strings.IndexByte(p, '*'); i >= 0 && i != len(p)-1 {
			return refuse(Malformed, "the pattern %.60q of %s: a star stands at the end only", p, what)
		}
	}
	return nil
}
