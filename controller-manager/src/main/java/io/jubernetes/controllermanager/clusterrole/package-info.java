/// Fills cluster roles that are made up of others.
@NullMarked
package io.jubernetes.controllermanager.clusterrole;

import org.jspecify.annotations.NullMarked;
