package doctor

import (
	"fmt"
	"syscall"
)

// kinds are file systems by the number that the system calls them.
var kinds = map[int64]struct{ name, trouble string }{
	0xEF53:     {"ext4", ""},
	0x58465342: {"xfs", ""},
	0x9123683E: {"btrfs", ""},
	0x2FC12FC1: {"zfs", ""},
	0x01021994: {"tmpfs", "it is in memory: put the directory on a disk, or all is gone when the machine stops"},
	0x858458F6: {"ramfs", "it is in memory: put the directory on a disk, or all is gone when the machine stops"},
	0x794C7630: {"overlayfs", "in a container what is there goes with the container: put the directory on a volume"},
	0x6969:     {"nfs", "locks and syncs over a network cannot be relied on: put the directory on a disk of this machine"},
	0xFF534D42: {"cifs", "locks and syncs over a network cannot be relied on: put the directory on a disk of this machine"},
	0xFE534D42: {"smb2", "locks and syncs over a network cannot be relied on: put the directory on a disk of this machine"},
	0x65735546: {"fuse", "find out whether what is behind it syncs when it is told to"},
	0x4D44:     {"vfat", "it has no rights: others can read keys and data; put the directory on another file system"},
}

// fileSystem returns what kind of file system a folder is on, and what is wrong with that.
func fileSystem(dir string) (kind, trouble string) {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil {
		return "", ""
	}
	if k, ok := kinds[int64(s.Type)]; ok {
		return k.name, k.trouble
	}
	return fmt.Sprintf("of type %#x", s.Type), ""
}
