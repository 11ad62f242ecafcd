/// What every service answers about itself: health checks, metrics, its configuration.
@NullMarked
package io.jubernetes.common.health;

import org.jspecify.annotations.NullMarked;
