@NullMarked
package io.jubernetes.apiserver;

import org.jspecify.annotations.NullMarked;
