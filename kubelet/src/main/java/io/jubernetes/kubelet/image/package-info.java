/// Getting images onto the node before containers start.
@NullMarked
package io.jubernetes.kubelet.image;

import org.jspecify.annotations.NullMarked;
