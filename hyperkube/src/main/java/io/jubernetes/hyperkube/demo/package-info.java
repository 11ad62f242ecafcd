/// The guided tour of `./jube demo`.
@NullMarked
package io.jubernetes.hyperkube.demo;

import org.jspecify.annotations.NullMarked;
