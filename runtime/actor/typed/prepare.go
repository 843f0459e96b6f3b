package typed

import "reflect"

// prepare finds out how the types in s are encoded and decoded now, when an actor is made, and not when the first of
// them is. To a host that is the same. But a WebAssembly guest begins every call with the memory that it had when it was
// installed: what it has not learned by then it would have to learn in each call, which is most of the time of a short
// one.
func (s *schema) prepare() { s.prepareOnce(map[*schema]bool{}) }

func (s *schema) prepareOnce(seen map[*schema]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	if s.form == formObject {
		s.learn()
	}
	s.key.prepareOnce(seen)
	s.elem.prepareOnce(seen)
	for _, f := range s.fields {
		f.schema.prepareOnce(seen)
	}
}

// learn makes the layout of an object or, if it is not plain, lets the library see it.
func (s *schema) learn() {
	l := newLayout(s.typ, plainDepth)
	layouts.Store(s.typ, l)
	if l != nil {
		return
	}
	v := reflect.New(s.typ)
	_ = messageMode.Unmarshal([]byte{majorMap << 5}, v.Interface())
	if !s.marshals(map[*schema]bool{}) {
		_, _ = encMode.Marshal(v.Interface())
	}
}

// marshals reports whether s has parts that code of the actor's author encodes, which nobody has asked to run yet.
func (s *schema) marshals(seen map[*schema]bool) bool {
	if s == nil || seen[s] {
		return false
	}
	seen[s] = true
	if s.form == formAny || s.form == formMarked || s.key.marshals(seen) || s.elem.marshals(seen) {
		return true
	}
	for _, f := range s.fields {
		if f.schema.marshals(seen) {
			return true
		}
	}
	return false
}
