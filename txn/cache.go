package txn

// cache holds committed values in two generations: a value that is used moves to the young one; when that is full, it
// becomes the old one and what was still in there is forgotten. That is close to forgetting the least recently used,
// at the cost of a map.
//
// The cache is also where a transaction finds the writes of groups that the store has not applied. So a generation is
// not forgotten before the last group that wrote to it is applied; until then the young one grows over its limit.
type cache struct {
	limit      int // bytes in both generations
	young, old map[string]cached
	youngBytes int
	youngGroup uint64 // the last group that wrote to the generation
	oldGroup   uint64
}

// cached is a committed value, nil if the key is known to be absent. The key is there to be shared: a transaction that
// reads it needs no copy of its own.
type cached struct {
	key   string
	value []byte
}

// entryCost is what an entry costs beyond its bytes: two headers and its share of the map.
const entryCost = 80

// get returns what is known about a key, and whether anything is.
func (c *cache) get(key []byte, applied uint64) (hit cached, ok bool) {
	if hit, ok = c.young[string(key)]; ok {
		return hit, true
	}
	if hit, ok = c.old[string(key)]; ok {
		c.put(hit.key, hit.value, c.oldGroup, applied)
	}
	return hit, ok
}

// put records the committed value of key, nil for absent, as group wrote it; 0 if the store has it.
func (c *cache) put(key string, value []byte, group, applied uint64) {
	if c.youngBytes > c.limit/2 && c.oldGroup <= applied || c.young == nil {
		c.turn()
	}
	before, had := c.young[key]
	c.young[key] = cached{key, value}
	c.youngBytes += len(value) - len(before.value)
	if !had {
		c.youngBytes += len(key) + entryCost
	}
	c.youngGroup = max(c.youngGroup, group)
}

// turn forgets the old generation.
func (c *cache) turn() {
	c.old, c.young = c.young, c.old
	if c.young == nil {
		c.young = make(map[string]cached)
	}
	clear(c.young)
	c.oldGroup, c.youngGroup, c.youngBytes = c.youngGroup, 0, 0
}
