autocmd BufNewFile,BufRead *.dregs setfiletype dregs
