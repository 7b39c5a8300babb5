import MySQLdb

print "rows of the quarter:"
for row in MySQLdb.connect(passwd="never-printed-0").query("select 1"):
    print row
