package capability

// Counts returns the numbers of links, providers, actors, bans and anchors in a row.
func Counts(b []byte) []uint64 {
	n := decodeCounts(b)
	return []uint64{n.links, n.providers, n.actors, n.bans, n.anchors}
}
