package state

// Metrics is what a Store tells about itself. Counters count from Open.
type Metrics struct {
	DiskBytes      uint64 // all files
	DiskFree       uint64 // what the file system has left for us; 0 in memory, or if it does not tell
	TableBytes     uint64 // live tables
	Tables         int64
	MemTableBytes  uint64
	WALBytes       uint64 // live logs
	WALFiles       int64
	ReadAmp        int // tables that a read may have to look into
	Flushes        int64
	Compactions    int64
	CompactionDebt uint64 // bytes that compactions have yet to read
	CacheBytes     int64
	CacheHits      int64
	CacheMisses    int64
	OpenSnapshots  int
}

// Metrics returns the figures of now. They are all zero when the store is closed.
func (s *Store) Metrics() (m Metrics) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return Metrics{}
	}
	var err error
	defer s.catch("metrics", &err)
	p := s.db.Metrics()
	total := p.Total()
	var free uint64
	if !s.memory {
		if usage, err := s.fs.GetDiskUsage(s.path); err == nil {
			free = usage.AvailBytes
		}
	}
	return Metrics{
		DiskBytes:      p.DiskSpaceUsage(),
		DiskFree:       free,
		TableBytes:     uint64(total.TablesSize),
		Tables:         total.TablesCount,
		MemTableBytes:  p.MemTable.Size,
		WALBytes:       p.WAL.Size,
		WALFiles:       p.WAL.Files,
		ReadAmp:        p.ReadAmp(),
		Flushes:        p.Flush.Count,
		Compactions:    p.Compact.Count,
		CompactionDebt: p.Compact.EstimatedDebt,
		CacheBytes:     p.BlockCache.Size,
		CacheHits:      p.BlockCache.Hits,
		CacheMisses:    p.BlockCache.Misses,
		OpenSnapshots:  p.Snapshots.Count,
	}
}
