@NullMarked
package io.jubernetes.serviceproxy;

import org.jspecify.annotations.NullMarked;
