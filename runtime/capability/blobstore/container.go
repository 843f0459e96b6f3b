package blobstore

import (
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/messages"
)

// id decodes an argument that is the name of a container.
func (c *call) id() (id string, err error) {
	if err = c.arg(&id); err == nil {
		err = checkName("a container", id)
	}
	return id, err
}

func (c *call) createContainer() (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	row := c.row(containerPrefix, id)
	if _, there := c.rows.Get(row); !there {
		c.save(row, &container{Created: c.micros()})
	}
	return nil, nil
}

func (c *call) containerExists() (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	_, there := c.rows.Get(c.row(containerPrefix, id))
	return there, nil
}

func (c *call) containerInfo() (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	var row container
	if !c.load(c.row(containerPrefix, id), &row) {
		return nil, errNoContainer(id)
	}
	return &messages.Container{ContainerID: id, CreatedAt: c.stamp(row.Created)}, nil
}

func (c *call) listContainers() (any, error) {
	list := []messages.Container{}
	prefix := append(c.row(containerPrefix), 0)
	for row := range c.rows.Range(prefix, actor.PrefixEnd(prefix), actor.Ascending) {
		var k container
		c.load(row, &k)
		list = append(list, messages.Container{ContainerID: string(row[len(prefix):]), CreatedAt: c.stamp(k.Created)})
	}
	return list, nil
}

// removeContainers removes them with all that is in them. What is not there is told.
func (c *call) removeContainers() (any, error) {
	var ids []string
	if err := c.arg(&ids); err != nil {
		return nil, err
	}
	failures := []messages.ItemResult{}
	for _, id := range ids {
		if err := c.removeContainer(id); err != nil {
			failures = append(failures, messages.ItemResult{Key: id, Error: actor.AsError(err).Message})
		}
	}
	return failures, nil
}

func (c *call) removeContainer(id string) error {
	if err := checkName("a container", id); err != nil {
		return err
	}
	row := c.row(containerPrefix, id)
	if _, there := c.rows.Get(row); !there {
		return errNoContainer(id)
	}
	for _, kind := range []byte{objectPrefix, uploadPrefix} {
		prefix := append(c.row(kind, id), 0)
		for row := range c.rows.Range(prefix, actor.PrefixEnd(prefix), actor.Ascending) {
			c.drop(row)
		}
	}
	c.state.Delete(row)
	return nil
}
