/// How a kubelet is set up.
@NullMarked
package io.jubernetes.kubelet.config;

import org.jspecify.annotations.NullMarked;
