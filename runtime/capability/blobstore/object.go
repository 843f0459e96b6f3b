package blobstore

import (
	"strconv"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/messages"
)

func (c *call) objectExists() (any, error) {
	var in messages.ObjectName
	if err := c.arg(&in); err != nil {
		return nil, err
	}
	_, err := c.find(in.ContainerID, in.ObjectID)
	if e := actor.AsError(err); e != nil && e.Code != CodeNotFound {
		return nil, err
	}
	return err == nil, nil
}

func (c *call) objectInfo() (any, error) {
	var in messages.ObjectName
	if err := c.arg(&in); err != nil {
		return nil, err
	}
	o, err := c.find(in.ContainerID, in.ObjectID)
	if err != nil {
		return nil, err
	}
	return c.describe(in.ContainerID, in.ObjectID, &o), nil
}

func (c *call) describe(containerID, objectID string, o *object) *messages.Object {
	return &messages.Object{ObjectID: objectID, ContainerID: containerID, ContentLength: o.Length, LastModified: c.stamp(o.Modified),
		ContentType: o.ContentType, ContentEncoding: o.ContentEncoding}
}

// listObjects lists in the order of names, compared as bytes. The continuation is the last name of the list before.
func (c *call) listObjects() (any, error) {
	var in messages.ListObjectsArgs
	if err := c.arg(&in); err != nil {
		return nil, err
	}
	if err := c.inContainer(in.ContainerID, "any"); err != nil {
		return nil, err
	}
	limit := int(in.MaxItems)
	if limit == 0 || limit > MaxItems {
		limit = MaxItems
	}
	prefix := append(c.row(objectPrefix, in.ContainerID), 0)
	start := append(prefix[:len(prefix):len(prefix)], in.StartWith...)
	if in.Continuation != "" {
		start = append(append(prefix[:len(prefix):len(prefix)], in.Continuation...), 0)
	}
	list := messages.ObjectList{Objects: []messages.Object{}, IsLast: true}
	for row := range c.rows.Range(start, actor.PrefixEnd(prefix), actor.Ascending) {
		id := string(row[len(prefix):])
		if in.EndWith != "" && id > in.EndWith || in.EndBefore != "" && id >= in.EndBefore {
			break
		}
		if n := len(list.Objects); n == limit {
			list.IsLast, list.Continuation = false, list.Objects[n-1].ObjectID
			break
		}
		var o object
		c.load(row, &o)
		list.Objects = append(list.Objects, *c.describe(in.ContainerID, id, &o))
	}
	return &list, nil
}

// removeObjects removes what is there, and tells what is not.
func (c *call) removeObjects() (any, error) {
	var in messages.RemoveObjectsArgs
	if err := c.arg(&in); err != nil {
		return nil, err
	}
	failures := []messages.ItemResult{}
	for _, id := range in.Objects {
		if _, err := c.find(in.ContainerID, id); err != nil {
			failures = append(failures, messages.ItemResult{Key: id, Error: actor.AsError(err).Message})
		} else {
			c.drop(c.row(objectPrefix, in.ContainerID, id))
		}
	}
	return failures, nil
}

// putObject begins an upload, and ends it if the first chunk is the last.
func (c *call) putObject() (any, error) {
	var in messages.PutObjectArgs
	if err := c.arg(&in); err != nil {
		return nil, err
	}
	if err := c.inContainer(in.Chunk.ContainerID, in.Chunk.ObjectID); err != nil {
		return nil, err
	}
	row := c.row(uploadPrefix, in.Chunk.ContainerID, in.Chunk.ObjectID)
	c.drop(row)
	up := &object{Number: c.number(), ContentType: in.ContentType, ContentEncoding: in.ContentEncoding}
	if err := c.append(row, up, &in.Chunk); err != nil {
		return nil, err
	}
	if in.Chunk.IsLast {
		return &messages.PutObjectResponse{}, nil
	}
	return &messages.PutObjectResponse{StreamID: streamOf(up)}, nil
}

// streamOf is what an upload is called to the actor.
func streamOf(up *object) string { return strconv.FormatUint(up.Number, 10) }

func (c *call) putChunk() (any, error) {
	var in messages.PutChunkArgs
	if err := c.arg(&in); err != nil {
		return nil, err
	}
	if err := c.inContainer(in.Chunk.ContainerID, in.Chunk.ObjectID); err != nil {
		return nil, err
	}
	var up object
	row := c.row(uploadPrefix, in.Chunk.ContainerID, in.Chunk.ObjectID)
	if !c.load(row, &up) || in.StreamID != "" && in.StreamID != streamOf(&up) {
		return nil, actor.Errorf(CodeNotFound, "there is no upload %.80q of the object %.80q in the container %.80q: it has ended, or another one took its place; begin with %s",
			in.StreamID, in.Chunk.ObjectID, in.Chunk.ContainerID, messages.PutObject)
	}
	if in.CancelAndRemove {
		c.drop(row)
		return nil, nil
	}
	return nil, c.append(row, &up, &in.Chunk)
}

// append adds a chunk to an upload. The last one makes it the object, in the place of the one before.
func (c *call) append(row []byte, up *object, chunk *messages.Chunk) error {
	if chunk.Offset != up.Length {
		return actor.Errorf(CodeInvalidChunk, "a chunk of the object %.80q begins at byte %d, and byte %d is next", chunk.ObjectID, chunk.Offset, up.Length)
	}
	c.extend(up.Number, up.Length, chunk.Bytes)
	up.Length += uint64(len(chunk.Bytes))
	if !chunk.IsLast {
		c.save(row, up)
		return nil
	}
	c.state.Delete(row)
	row = c.row(objectPrefix, chunk.ContainerID, chunk.ObjectID)
	c.drop(row)
	up.Modified = c.micros()
	c.save(row, up)
	return nil
}
