/// Pods' volumes as directories of the node. [io.jubernetes.kubelet.volume.Volumes] sets them up, keeps them
/// current and takes them down; the layout below the root directory is upstream's.
@NullMarked
package io.jubernetes.kubelet.volume;

import org.jspecify.annotations.NullMarked;
