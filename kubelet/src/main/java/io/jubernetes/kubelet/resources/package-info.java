/// The node's processors and memory divided among pods: the tree of cgroups that pods' containers live in.
@NullMarked
package io.jubernetes.kubelet.resources;

import org.jspecify.annotations.NullMarked;
