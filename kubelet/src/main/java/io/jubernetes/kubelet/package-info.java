@NullMarked
package io.jubernetes.kubelet;

import org.jspecify.annotations.NullMarked;
